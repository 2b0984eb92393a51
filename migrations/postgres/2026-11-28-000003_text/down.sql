ALTER TABLE webhooks DROP COLUMN viewers_see_answers;
ALTER TABLE inboxes DROP COLUMN unnamed;
