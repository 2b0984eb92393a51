# What an empty installation needs.
first_steps = First steps
step_webhook = Add a webhook
step_webhook_about = Choose which events are sent to which URL.
step_token = Create an API token
step_token_about = Your help desk sends its events with this token.
step_event = Post an event
step_event_about = As your help desk would. Replace $TOKEN with the token.
step_done = done
step_or_command = Or on the server:
