-- The lease under which the probe of a failing webhook is sent: one at a time, whichever process sends it.
ALTER TABLE webhooks ADD COLUMN probe_lease INTEGER;
