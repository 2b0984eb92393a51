-- An inbox without a name of its own takes the first that an event tells.
ALTER TABLE inboxes ADD COLUMN unnamed BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE inboxes SET unnamed = TRUE WHERE name = 'Inbox ' || external_id;

-- Readers without admin rights see the answers of this webhook, whatever its address.
ALTER TABLE webhooks ADD COLUMN viewers_see_answers BOOLEAN NOT NULL DEFAULT FALSE;
