-- An inbox without a name of its own takes the first that an event tells.
ALTER TABLE inboxes ADD COLUMN unnamed INTEGER NOT NULL DEFAULT 0 CHECK (unnamed IN (0, 1));
UPDATE inboxes SET unnamed = 1 WHERE name = 'Inbox ' || external_id;

-- Readers without admin rights see the answers of this webhook, whatever its address.
ALTER TABLE webhooks ADD COLUMN viewers_see_answers INTEGER NOT NULL DEFAULT 0 CHECK (viewers_see_answers IN (0, 1));
