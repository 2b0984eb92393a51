//! One schema for both databases, in portable types. Times (`…_at`, `…_until`) are microseconds since 1970.
//! SQLite stores booleans as integers.

diesel::table! { settings (name) { name -> Text, value -> Text, } }

diesel::table! {
    users (id) {
        id -> BigInt, email -> Text, name -> Text, role -> Text, language -> Nullable<Text>, time_zone -> Text,
        password_hash -> Text, disabled_at -> Nullable<BigInt>, created_at -> BigInt, last_sign_in_at -> Nullable<BigInt>,
        theme -> Nullable<Text>,
    }
}

diesel::table! { setup_links (token_hash) { token_hash -> Binary, expires_at -> BigInt, } }

diesel::table! {
    invitations (id) {
        id -> BigInt, token_hash -> Binary, email -> Text, name -> Text, role -> Text, user_id -> Nullable<BigInt>,
        created_at -> BigInt, expires_at -> BigInt,
    }
}

diesel::table! {
    sessions (key_hash) {
        key_hash -> Binary, user_id -> Nullable<BigInt>, state -> Text, created_at -> BigInt, expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    sign_in_failures (id) { id -> BigInt, address -> Text, account -> Binary, failed_at -> BigInt, }
}

diesel::table! { known_sign_ins (pair) { pair -> Binary, signed_in_at -> BigInt, } }

diesel::table! {
    api_tokens (id) {
        id -> BigInt, name -> Text, scopes -> Text, prefix -> Text, token_hash -> Binary, created_at -> BigInt,
        expires_at -> Nullable<BigInt>, last_used_at -> Nullable<BigInt>, revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    inboxes (id) {
        id -> BigInt, external_id -> Nullable<Text>, name -> Text, channel_type -> Nullable<Text>,
        archived_at -> Nullable<BigInt>, created_at -> BigInt, unnamed -> Bool, connection_id -> Nullable<BigInt>,
        source_name -> Nullable<Text>, updated_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    webhooks (id) {
        id -> BigInt, name -> Nullable<Text>, url -> Text, enabled -> Bool,
        auth_method -> Text, auth_name -> Text, auth_secret -> Nullable<Text>, auth_saved_at -> Nullable<BigInt>,
        all_inboxes -> Bool, timeout_s -> Integer, secret -> Text, secret_created_at -> BigInt,
        old_secret -> Nullable<Text>, old_secret_until -> Nullable<BigInt>,
        failures -> Integer, failing_since -> Nullable<BigInt>, paused_until -> Nullable<BigInt>,
        disabled_at -> Nullable<BigInt>, disabled_reason -> Nullable<Text>,
        version -> Integer, created_at -> BigInt, updated_at -> BigInt, deleted_at -> Nullable<BigInt>,
        probe_at -> Nullable<BigInt>, probe_wait_ms -> Integer, exhausted_at -> Nullable<BigInt>,
        returned_at -> Nullable<BigInt>, viewers_see_answers -> Bool, probe_lease -> Nullable<BigInt>,
        settle -> Nullable<Text>, settle_before -> Nullable<BigInt>, backlog_full_since -> Nullable<BigInt>,
    }
}

// More columns of `webhooks`: a table of diesel has at most 32. The feature for 64 takes 58 s more CPU time of a clean build.
diesel::table! {
    #[sql_name = "webhooks"]
    webhook_options (id) { id -> BigInt, redirect_is_success -> Bool, }
}

diesel::table! { routing (id) { id -> BigInt, version -> BigInt, } }

diesel::table! { webhook_events (event, webhook_id) { webhook_id -> BigInt, event -> Text, } }

diesel::table! { webhook_inboxes (webhook_id, inbox_id) { webhook_id -> BigInt, inbox_id -> BigInt, } }

diesel::table! {
    webhook_headers (webhook_id, position) {
        webhook_id -> BigInt, position -> Integer, name -> Text, value -> Nullable<Text>, sealed -> Nullable<Text>,
        saved_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    events (id) {
        id -> BigInt, name -> Text, inbox_id -> Nullable<BigInt>, derived_from -> Nullable<BigInt>, body -> Binary,
        created_at -> BigInt, unmatched -> Nullable<Text>,
    }
}

diesel::table! {
    idempotency_keys (key) {
        key -> Text, body_hash -> Binary, event_id -> BigInt, deliveries -> Integer, created_at -> BigInt,
    }
}

diesel::table! {
    deliveries (id) {
        id -> BigInt, event_id -> BigInt, event -> Text, webhook_id -> BigInt, inbox_id -> Nullable<BigInt>,
        status -> Text, reason -> Nullable<Text>, origin -> Text, attempts -> Integer, steps -> Integer,
        next_attempt_at -> Nullable<BigInt>, lease -> Nullable<BigInt>, leased_until -> Nullable<BigInt>,
        created_at -> BigInt, finished_at -> Nullable<BigInt>, interruptions -> Integer, recovery_id -> Nullable<BigInt>,
        resend_of -> Nullable<BigInt>,
    }
}

diesel::table! {
    recovery_webhooks (recovery_id, webhook_id) {
        recovery_id -> BigInt, webhook_id -> BigInt, next_id -> BigInt, total -> Integer, sent -> Integer,
    }
}

diesel::table! {
    attempts (delivery_id, number) {
        delivery_id -> BigInt, number -> Integer, started_at -> BigInt, duration_ms -> Nullable<BigInt>,
        outcome -> Text, cause -> Nullable<Text>, detail -> Nullable<Text>, remote_ip -> Nullable<Text>,
        request_headers -> Text, status -> Nullable<Integer>, response_headers -> Nullable<Text>,
        response_body -> Nullable<Binary>, truncated -> Bool,
    }
}

diesel::table! {
    webhook_hours (webhook_id, hour) {
        webhook_id -> BigInt, hour -> BigInt, delivered -> BigInt, failed -> BigInt, failed_attempts -> BigInt,
    }
}

diesel::table! {
    recoveries (id) {
        id -> BigInt, webhook_id -> Nullable<BigInt>, event -> Nullable<Text>, inbox_id -> Nullable<BigInt>,
        first_id -> BigInt, last_id -> BigInt, total -> Integer, sent -> Integer, started_at -> BigInt,
        ended_at -> Nullable<BigInt>, cancelled -> Bool, skipped -> Integer, delivery_status -> Text,
        cause -> Nullable<Text>, finished_from -> Nullable<BigInt>, finished_to -> Nullable<BigInt>, again -> Bool,
    }
}

diesel::table! {
    form_answers (key_hash) {
        key_hash -> Binary, session_hash -> Binary, answer -> Text, secret -> Nullable<Text>, created_at -> BigInt,
    }
}

diesel::table! {
    request_answers (key_hash) {
        key_hash -> Binary, request_hash -> Binary, made -> Text, secret -> Nullable<Text>, token_id -> Nullable<BigInt>,
        answer -> Nullable<Text>, created_at -> BigInt,
    }
}

diesel::table! {
    kept_forms (session_hash) { session_hash -> Binary, user_id -> BigInt, fields -> Text, created_at -> BigInt, }
}

diesel::table! {
    chatwoot_connections (id) {
        id -> BigInt, name -> Text, base_url -> Nullable<Text>, account_id -> Nullable<BigInt>,
        api_token -> Nullable<Text>, webhook_id -> Nullable<BigInt>, ingest_key -> Text, key_hash -> Binary,
        old_key_hash -> Nullable<Binary>, old_key_until -> Nullable<BigInt>, secret -> Nullable<Text>,
        old_secret -> Nullable<Text>, old_secret_until -> Nullable<BigInt>, created_at -> BigInt,
        disconnected_at -> Nullable<BigInt>, checked_at -> Nullable<BigInt>, next_check_at -> BigInt,
        checked_routing -> Nullable<BigInt>, inboxes_synced_at -> Nullable<BigInt>, next_sync_at -> BigInt,
        claimed_until -> Nullable<BigInt>, last_event_at -> Nullable<BigInt>, problem -> Nullable<Text>,
        problem_detail -> Nullable<Text>, problem_at -> Nullable<BigInt>, other_unknown_events -> BigInt,
    }
}

diesel::table! {
    chatwoot_conversations (connection_id, conversation_id) {
        connection_id -> BigInt, conversation_id -> BigInt, status -> Nullable<Text>, assignee -> Nullable<Text>,
        team -> Nullable<Text>, labels -> Nullable<Text>, substatus -> Nullable<Text>, updated_at -> Nullable<BigInt>,
        reported -> BigInt, is_created -> Bool, messages -> Binary, last_activity -> BigInt,
        awaited_event -> Nullable<BigInt>, awaited_until -> Nullable<BigInt>, compared_activity -> BigInt,
        compared_message -> BigInt,
    }
}

diesel::table! {
    chatwoot_comparisons (connection_id) {
        connection_id -> BigInt, takes_in -> Bool, compared_to -> BigInt, began -> Nullable<BigInt>, page -> BigInt,
        comparing -> BigInt, expected -> BigInt, expected_before -> BigInt, next_at -> BigInt,
        ended_at -> Nullable<BigInt>, requests -> BigInt, problem -> Nullable<Text>,
    }
}

diesel::table! {
    chatwoot_missing (connection_id, kind, subject) {
        connection_id -> BigInt, kind -> Text, subject -> BigInt, conversation_id -> BigInt, changed -> BigInt,
        occurred_at -> BigInt, found_at -> BigInt, wanted_at -> Nullable<BigInt>, body -> Binary,
    }
}

diesel::table! {
    chatwoot_refusals (connection_id, reason) {
        connection_id -> BigInt, reason -> Text, amount -> BigInt, last_at -> BigInt,
    }
}

diesel::table! {
    chatwoot_unknown_events (connection_id, name) {
        connection_id -> BigInt, name -> Text, amount -> BigInt, last_at -> BigInt,
    }
}

diesel::table! { chatwoot_wrong_keys (id) { id -> BigInt, amount -> BigInt, last_at -> Nullable<BigInt>, } }

diesel::allow_tables_to_appear_in_same_query!(
    users,
    sessions,
    inboxes,
    webhooks,
    webhook_events,
    webhook_inboxes,
    webhook_headers,
    events,
    deliveries,
    recoveries,
    recovery_webhooks,
    attempts,
);
