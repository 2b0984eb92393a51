# Two people changed the same webhook.
conflict = Differences
conflict_field = Field
conflict_yours = Your value
conflict_stored = Saved value
conflict_changed = changed
