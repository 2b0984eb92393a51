DROP INDEX deliveries_retry;
