# Two people changed the same webhook.
conflict = What differs
conflict_field = Field
conflict_yours = Your value
conflict_stored = Stored now
conflict_changed = changed
