# Що потрібно порожній інсталяції.
first_steps = Перші кроки
step_webhook = Додайте вебхук
step_webhook_about = Виберіть, які події надсилати й на який URL.
step_token = Створіть API-токен
step_token_about = З цим токеном служба підтримки надсилає свої події.
step_event = Надішліть подію
step_event_about = Так, як це робитиме служба підтримки. Замість $TOKEN підставте токен.
step_done = виконано
step_or_command = Або на сервері:
