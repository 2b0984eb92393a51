-- What a filter of failed deliveries compares, so that it is read from the index. Only a delivery that fails permanently is in it.
DROP INDEX deliveries_failed;
CREATE INDEX deliveries_failed ON deliveries (id, webhook_id, event, inbox_id) WHERE status = 'failed';
