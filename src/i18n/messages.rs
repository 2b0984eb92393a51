//! The table of messages. Each message is a method named like its id in `locales/`.

use super::Translator;
use super::translator::{Number, Text};

macro_rules! messages {
    ($($name:ident $(($($variable:ident: $kind:ty),+))?;)*) => {
        #[expect(missing_docs, non_snake_case, reason = "each name is the id of its message in locales/")]
        impl Translator<'_> {
            $(pub fn $name(&self $($(, $variable: $kind)+)?) -> String {
                self.say(stringify!($name), [$($((stringify!($variable), $variable.value()),)+)?])
            })*
        }

        /// Every id in the table with its variables.
        #[cfg(test)]
        pub(super) const TABLE: &[(&str, &[&str])] =
            &[$((stringify!($name), &[$($(stringify!($variable)),+)?])),*];
    };
}

messages! {
    // accounts/invitations.ftl
    invitations; invitation_for; invitation_password; invitation_withdraw; invitation_withdraw_of(email: impl Text);
    invitation_not_made; invitation_link; invitation_link_about; invite; invite_about; invite_title; link_copy_now;
    password_link; password_link_about; password_link_why; password_link_make;
    // accounts/profile.ftl
    user_name; email; account_password; show_password; account_password_hint; time_zone; time_zone_hint; profile;
    profile_you; profile_you_about; profile_not_saved; language_of_browser; theme; theme_system; current_password;
    new_account_password; password_set; password_change; password_change_about; password_not_changed; sessions;
    sessions_about; session_browser; session_unknown; session_began; session_seen; session_this; sign_out_others;
    // accounts/set_up.ftl
    set_up; set_up_about; set_up_button; set_up_failed; set_up_where; set_up_again;
    // accounts/sign_in.ftl
    session_ended; session_ended_form_kept; session_ended_nothing_done; form_filled_in; sign_in; sign_in_wrong; sign_in_forgotten;
    sign_in_wait(n: impl Number);
    // accounts/tokens.ftl
    created_at; last_used; expires_at; no_expiry; never; keep_no; tokens_lead; tokens_empty; tokens_empty_about;
    token_new; token_copy_now; token_example; token_scope; token_add; token_add_about; token_name_hint; token_password; token_lifetime;
    token_not_made; token_good; token_expired; token_revoked; token_revoke; token_revoke_of(name: impl Text);
    token_revoke_question(name: impl Text); token_revoke_at_once; token_revoke_used(time: impl Text);
    token_revoke_unused; token_revoke_for_good; token_revoke_yes;
    // accounts/users.ftl
    users_lead; role_label; last_sign_in; user_active; user_disabled; user_you; user_is_you;
    user_edit_of(name: impl Text); user_not_saved; user_enable; user_enable_about; user_disable; user_disable_about;
    user_delete; user_delete_about; user_delete_question(name: impl Text); user_delete_tokens; user_delete_for_good;
    // chatwoot.ftl
    chatwoot; chatwoot_lead; chatwoot_empty; chatwoot_empty_about; chatwoot_account;
    chatwoot_account_number(id: impl Text); chatwoot_account_any; chatwoot_manual; chatwoot_last_event;
    chatwoot_connect; chatwoot_connect_about; chatwoot_url; chatwoot_url_hint; chatwoot_token; chatwoot_token_hint;
    chatwoot_not_connected; chatwoot_select_account; chatwoot_select_account_about; chatwoot_manual_add;
    chatwoot_manual_about; chatwoot_manual_name_hint; chatwoot_manual_account_hint; chatwoot_manual_button;
    chatwoot_by_token; chatwoot_by_token_about; chatwoot_wrong_keys(n: impl Number, time: impl Text); chatwoot_checked;
    chatwoot_inboxes_read; chatwoot_signature; chatwoot_signed; chatwoot_unsigned; chatwoot_check; chatwoot_disconnect;
    chatwoot_connect_again; chatwoot_ingest_url; chatwoot_ingest_url_about; chatwoot_ingest_url_manual;
    chatwoot_key_replace; chatwoot_key_replace_about; chatwoot_key_replace_manual; chatwoot_key_old(time: impl Text);
    chatwoot_secret_hint; chatwoot_secret_not_saved; chatwoot_secret_save; chatwoot_refusals; chatwoot_refusals_about;
    chatwoot_refusals_none; chatwoot_reason; chatwoot_amount; chatwoot_last; chatwoot_unknown; chatwoot_unknown_about;
    chatwoot_unknown_other(n: impl Number); chatwoot_hints; chatwoot_hint_private; chatwoot_hint_tls;
    chatwoot_hint_sidekiq; chatwoot_hint_twice; chatwoot_hint_unsigned; chatwoot_disconnect_question(name: impl Text);
    chatwoot_disconnect_removes; chatwoot_disconnect_manual; chatwoot_disconnect_keeps; chatwoot_disconnect_gone;
    chatwoot_disconnect_yes; chatwoot_webhook_left; ChatwootUnreachable(cause: impl Text);
    chatwoot_missing; chatwoot_missing_lead; chatwoot_missing_count(n: impl Number); chatwoot_missing_none;
    chatwoot_missing_none_about; chatwoot_missing_what; chatwoot_missing_conversation;
    chatwoot_missing_message(id: impl Text); chatwoot_missing_state(what: impl Text);
    chatwoot_missing_more(n: impl Number); chatwoot_missing_full(n: impl Number); chatwoot_conversation;
    chatwoot_assignee; chatwoot_team; chatwoot_labels; chatwoot_state_of_conversation; chatwoot_take_in;
    chatwoot_take_in_all; chatwoot_take_in_about; chatwoot_take_in_by_hand; chatwoot_take_in_always;
    chatwoot_taking_in; chatwoot_dismiss; chatwoot_dismiss_all; chatwoot_compare_now; chatwoot_comparing;
    chatwoot_compared_to; chatwoot_compared_at; chatwoot_comparison_failed(why: impl Text, time: impl Text);
    chatwoot_foreign_answer; chatwoot_not_compared; chatwoot_not_compared_about; chatwoot_unseen; chatwoot_unseen_deleted;
    chatwoot_unseen_between; chatwoot_unseen_contacts; chatwoot_unseen_bulk; chatwoot_unseen_young;
    chatwoot_unseen_inboxes;
    // common.ftl
    product; product_about; main_menu; menu; breadcrumbs; skip_to_content; language; sign_out;
    failed_in_day(n: impl Number); title_error(title: impl Text); save_changes; cancel; delete; remove; edit; copy;
    copied; not_copied; apply; search; refresh; clear_filters; actions; actions_of(name: impl Text); newer; older;
    pages; optional; hidden; all; warning; problem; summary; request_failed; request_refused(code: impl Text);
    reload_page; ask_administrator; as_of(time: impl Text); pattern_date; pattern_date_time; pattern_date_time_seconds; pattern_clock;
    pattern_clock_seconds; just_now; today; yesterday; deliveries_at_least(n: impl Number); filters;
    filters_set(n: impl Number); nothing_matches_about; minutes_ago(n: impl Number); in_seconds(n: impl Number);
    in_minutes(n: impl Number); today_at(hour: impl Number, time: impl Text);
    yesterday_at(hour: impl Number, time: impl Text); date_at(hour: impl Number, date: impl Text, time: impl Text);
    milliseconds(amount: impl Text); under_a_millisecond; seconds(amount: impl Text); minutes(amount: impl Text);
    hours(amount: impl Text); days(n: impl Number); bytes(amount: impl Text); kibibytes(amount: impl Text);
    mebibytes(amount: impl Text); gibibytes(amount: impl Text); webhooks_count(n: impl Number);
    events_count(n: impl Number); inboxes_count(n: impl Number); deliveries_count(n: impl Number); administration;
    tokens; users; settings; system_status;
    // deliveries/delivery.ftl
    blocked_by(address: impl Text); blocked_settings(allow: impl Text, deny: impl Text); send_again; send_again_warning;
    cancel_retries; event_time; attempts_of(n: impl Number, max: impl Number); made_by; attempt(n: impl Number);
    attempt_scheduled; attempt_scheduled_in(distance: impl Text); attempt_waits; attempt_started; attempt_interrupted;
    next_attempt_at(hour: impl Number, time: impl Text); next_attempt_on(time: impl Text);
    next_at(hour: impl Number, time: impl Text); next_on(day: impl Text, time: impl Text); held_off; held_off_about;
    held_paused(time: impl Text); waiting_failing; waiting_backlog; open_webhook; cancel_delivery; send_again_off;
    no_attempts; resend_of; resent_as; request; response_of(n: impl Number); headers; body_size(size: impl Text); empty_body;
    answer_hidden; response_body; request_body; no_response; cut_body; body_deleted(n: impl Number);
    reached_address(address: impl Text); other_deliveries; body_raw; body_formatted; curl_copy; curl_title; curl_about;
    older_delivery; newer_delivery; sent_again; sent_again_open; wrap_lines; whole_body;
    // deliveries/failure_causes.ftl
    cause_timeout(n: impl Number); cause_http_status(code: impl Text); advice_unauthorized(code: impl Text);
    advice_not_found; advice_rejected; advice_redirect_to(address: impl Text); advice_too_many; advice_too_many_test;
    control_disable; control_disable_test; control_abort_test; advice_gone_test; advice_internal_test; advice_unavailable; advice_general;
    // deliveries/log.ftl
    delivery_log; log_id; event; time; status; attempts; attempts_count(n: impl Number); duration; all_statuses;
    status_success; status_failed; status_pending; status_queued; status_retrying; status_waiting; status_held;
    all_events; all_webhooks; no_deliveries; no_deliveries_about; log_retention(days: impl Number); deleted_webhook;
    delivery_cancelled; all_causes; filter_cause; filter_from; filter_to; filter_period; filter_test; any_time;
    tests_too; tests_out; tests_only; more_filters; filters_odd(names: impl Text); log_search_hint; log_search_about;
    log_search_limit; nothing_matches_so_far; looked_until(time: impl Text); look_further; log_live;
    log_news(n: impl Number); log_news_many; filter_between(from: impl Text, to: impl Text);
    filter_since(from: impl Text); filter_until(to: impl Text);
    // deliveries/recovery.ftl
    recovery_title; recovery_progress(n: impl Number, max: impl Number); recovery_goes_on;
    recovery_waits_off(n: impl Number, name: impl Text); recovery_waits_pending(n: impl Number, name: impl Text);
    recovery_unsent_deleted(n: impl Number, name: impl Text); recovery_unsent_left_out(n: impl Number, name: impl Text);
    recovery_left(n: impl Number); recovery_delivered; recovery_started; recovery_ended; recovery_cancel;
    // deliveries/resend.ftl
    resend_until; resend_until_hint; resend_not_searched; resend_running; resend_see; resend_failed; resend_title;
    resend_about; resend_which; resend_since; resend_since_hint(zone: impl Text); resend_count;
    resend_found(n: impl Number); resend_left_out; resend_oldest; resend_newest; resend_pace;
    resend_pace_value(n: impl Number, duration: impl Text); resend_limit(n: impl Number); resend_send(n: impl Number);
    resend_none; resend_none_about; resend_not_counted; recoveries;
    // errors.ftl
    error_not_found; error_not_found_about; error_forbidden; error_forbidden_about; error_page_too_old;
    error_page_too_old_about; error_page_too_old_kept; error_send_again; error_elsewhere; error_elsewhere_about;
    error_wrong_origin_about(given: impl Text, public: impl Text); error_plain_http;
    error_plain_http_about(public: impl Text); error_no_cookie; error_no_cookie_about; error_unknown_host;
    error_unknown_host_about(host: impl Text); error_open(address: impl Text); error_bad_request;
    error_bad_request_about; error_dead_link; error_dead_link_about; error_webhook_off; error_webhook_off_about;
    error_too_large; error_too_large_about; error_too_large_lost; error_unavailable; error_unavailable_about; error_server; error_request_id(id: impl Text);
    error_server_about; error_back; error_signed_out; error_signed_out_page; error_signed_out_about;
    error_unavailable_form; error_gone; error_gone_about; error_to_form; error_dead_invitation;
    error_dead_invitation_about;
    // events/catalogue.ftl
    events_lead; event_about_title; event_used_by; event_unused; event_use; event_key; event_group; event_source;
    event_source_chatwoot; event_source_derived; event_source_api; event_inbox_filter; event_inbox_filter_works;
    event_inbox_filter_none; event_derived_badge; event_derives; event_origin; event_sample; event_sample_about;
    event_fields; event_field; event_type; event_fields_as(path: impl Text); event_values; event_schema;
    event_schema_about; event_schema_show; event_schema_download;
    // events/names.ftl
    group_conversation; group_message; group_contact; group_ticket; group_inbox; group_widget;
    // events/received.ftl
    received_events; received_about; received_id; received_outcome; received_unmatched; received_test; received_from;
    received_to; received_size; received_at; received_none; received_none_about; received_curl; received_token;
    received_go_on; received_derived_from; received_derived; received_no_deliveries; received_send_to; received_choose;
    received_send; received_send_about; received_not_for; received_raw; received_cut; received_body_about;
    received_body; not_for_then; received_retention(days: impl Number);
    // inboxes.ftl
    inboxes_lead; inbox_channel_type; inbox_external_id; inbox_external_id_hint; inbox_channel_type_hint;
    inbox_webhooks; inbox_add; inbox_add_about; inbox_edit; inbox_archive; inbox_restore;
    inbox_archive_of(name: impl Text); inbox_restore_of(name: impl Text); inbox_edit_of(name: impl Text);
    inbox_archived; inbox_archive_about; inboxes_empty; inboxes_empty_about; inboxes_empty_add; inbox_not_saved;
    inbox_without_name(id: impl Text);
    // problems.ftl
    HeaderNameMissingHere; HeaderNameAuthorization; BodyTooLarge(size: impl Text);
    HeaderNameReadAs(name: impl Text, read_as: impl Text); ChangedByOtherAt(hour: impl Number, time: impl Text);
    ChangedByOtherOn(time: impl Text);
    // system/settings.ftl
    settings_lead; settings_own; settings_here; settings_here_about; settings_language_hint; settings_time_zone_hint;
    viewers_see_all_answers; viewers_see_all_answers_about; substatus_attribute; substatus_attribute_hint;
    settings_not_saved; settings_start; settings_start_about; setting; variable; built_in; fixed_public_url; fixed_bind;
    fixed_proxies; fixed_retention; fixed_payload; fixed_in_flight; fixed_per_webhook; fixed_backlog; fixed_keep_alive;
    fixed_per_peer; fixed_api_rate; fixed_allowed; fixed_denied; fixed_http; fixed_schedule; fixed_lifetime; fixed_off; yes; no;
    off_rule(duration: impl Text, n: impl Number);
    // system/status.ftl
    status_lead; status_works; status_degraded; status_unknown; queue_oldest(duration: impl Text); queue_none_due;
    queue_retrying; queue_waiting; queue_held; webhooks_off_about; in_flight; in_flight_of(n: impl Number);
    webhooks_failing; webhooks_paused; state_auto_disabled; webhooks_active(n: impl Number); database; database_kind;
    database_size; database_file; files_readable; disk_free; migration; last_cleanup; old_data; deleted_by_row; process;
    version; uptime; memory; server_time; machine_zone; machine_clock; clock_steady; tasks_ended(names: impl Text);
    clock_set_forward(duration: impl Text, time: impl Text); clock_set_back(duration: impl Text, time: impl Text);
    // webhooks/alert.ftl
    alert_failing_now; alert_exhausted(n: impl Number); alert_failing(duration: impl Text);
    alert_off_soon(time: impl Text); turned_off_failing(duration: impl Text); turned_off_failures; turned_off_gone;
    turned_off_asked;
    held_events(n: impl Number); held_short(n: impl Number); see_what_went_wrong;
    see_what_went_wrong_with(name: impl Text); turn_on_of(name: impl Text); webhooks_in_trouble(n: impl Number);
    trouble_all(n: impl Number);
    // webhooks/chart.ftl
    chart_numbers; chart_by_hour; chart_by_quarter; chart_nothing_in_day; chart_nothing_in_week; chart_median;
    chart_p95; chart_label_day(n: impl Number, max: impl Number, count: impl Number);
    chart_label_week(n: impl Number, max: impl Number, count: impl Number);
    chart_bar(time: impl Text, n: impl Number, max: impl Number, count: impl Number); chart_delivered(n: impl Number);
    chart_failed(n: impl Number); chart_failed_attempts(n: impl Number); failed_attempts; chart_up; chart_table;
    chart_span(from: impl Text, to: impl Text); chart_day_span(day: impl Text, from: impl Text, to: impl Text);
    pattern_day;
    // webhooks/conflict.ftl
    conflict; conflict_field; conflict_yours; conflict_stored; conflict_changed;
    // webhooks/delete.ftl
    delete_webhook_question(name: impl Text); delete_url; delete_pending(n: impl Number); delete_nothing_pending;
    delete_log_stays(days: impl Number); delete_secrets; delete_yes; delete_no; turn_off_instead;
    turn_off_instead_about;
    // webhooks/first_steps.ftl
    first_steps; step_webhook; step_webhook_about; step_token; step_token_about; step_event; step_event_about;
    step_done; step_or_command;
    // webhooks/form.ftl
    form_not_saved; same_url_created(name: impl Text); same_url_saved(name: impl Text); fix_problems(n: impl Number);
    address; address_about; name; name_hint; webhook_url; webhook_url_hint; webhook_url_hint_http;
    webhook_url_hint_networks; more_options; authorization; authorization_about; method_none_about; method_bearer_about;
    method_basic_about; method_custom_about; none_deletes; token; new_token; token_hint; token_again; show_typed;
    token_keep; login; password; new_password; password_keep; password_again; header_name; value; new_value; value_keep;
    value_again; saved; saved_never_shown(time: impl Text); events; events_about; group_most_used;
    selected_of(n: impl Number, max: impl Number); select_all; clear_all; select_inbox; select_inbox_about;
    all_inboxes_about; only_selected; only_selected_about; no_inboxes_yet; inboxes; archived; signing_secret;
    signing_secret_about; signing_secret_made; use_my_own_secret; own_secret; own_secret_hint;
    secret_created(time: impl Text); replace_secret; custom_headers; custom_headers_about; header_row(n: impl Number);
    hide_value; remove_header(n: impl Number); add_header; timeout; timeout_about; timeout_label; create_webhook;
    save_and_test; viewers; viewers_about; viewers_see_answers; redirects; redirects_about; redirect_is_success;
    danger_zone; delete_webhook; delete_about; copy_of(name: impl Text); duplicate; copied_from(name: impl Text);
    // webhooks/held_deliveries.ftl
    held_title(name: impl Text); held_kept(n: impl Number); held_none; held_send(n: impl Number); held_send_about;
    held_discard(n: impl Number); held_discard_about;
    // webhooks/list.ftl
    webhook; webhooks; webhooks_list; webhooks_lead; add_webhook; edit_webhook; deliveries_24h; success_rate; failed;
    events_and_inbox; last_24_hours; last_24h; last_delivery; enabled_of(name: impl Text); name_or_url; state; inbox;
    all_inboxes; no_webhooks_yet; no_webhooks_advice; nothing_matches; legend_up; legend_attempts; legend_down;
    strip_of(n: impl Number, rate: impl Text); strip_empty; no_deliveries_yet; send_test_event; archived_inbox;
    filter_trouble; sort_by(column: impl Text); previous; next;
    list_part(from: impl Text, to: impl Text, n: impl Number);
    // webhooks/overview.ftl
    sections; overview; deliveries; test; secret; copy_url; turn_on; turn_off; configuration; extra_headers; no_headers;
    timeout_value(n: impl Number); recent_deliveries; open_log; no_deliveries_advice;
    headers_refused_today(names: impl Text); failing_about; paused_about; paused_until(time: impl Text); settling_send;
    settling_discard; backlog_full(max: impl Number, time: impl Text);
    // webhooks/secret.ftl
    secret_new; secret_copy_now; secret_next; secret_verify; secret_none_shown; secret_old_until(time: impl Text);
    secret_replace; secret_replace_about; secret_overlap; secret_overlap_0; secret_overlap_24h; secret_overlap_7d;
    secret_generate; secret_end_now;
    // webhooks/test_event.ftl
    test_title; test_about; test_event; test_event_test; test_subscribed; test_others; load_sample; test_body;
    test_body_hint; test_headers; test_send; test_again; test_result; test_no_result; test_delivered; test_failed;
    test_not_sent; test_open_delivery; test_new_id; test_now;
    // webhooks/verify_signature.ftl
    verify; verify_about; verify_tolerance; verify_code; verify_code_about; verify_send; verify_why; verify_why_about;
    verify_id; verify_timestamp; verify_signature; verify_signature_hint; verify_body; verify_body_hint; verify_check;
    verify_good; verify_good_old(time: impl Text); verify_bad; verify_not_checked; verify_unexplained;
    verify_difference(n: impl Number, max: impl Number); verify_sent; verify_pasted; verify_unknown_event;
}
