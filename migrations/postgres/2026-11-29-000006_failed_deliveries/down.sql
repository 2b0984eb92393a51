DROP INDEX deliveries_failed;
CREATE INDEX deliveries_failed ON deliveries (id) WHERE status = 'failed';
