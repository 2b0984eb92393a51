UPDATE deliveries SET reason = 'poison' WHERE status = 'failed' AND reason = 'crashed';
UPDATE deliveries SET reason = 'exhausted' WHERE status = 'failed' AND reason = 'test_failed';
DROP INDEX deliveries_resend;
ALTER TABLE deliveries DROP COLUMN resend_of;
