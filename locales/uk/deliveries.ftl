delivery_log = Журнал доставок
delivery_log_about = Усі запити, надіслані та заплановані; найновіші — вгорі.
log_id = ID запису
event = Подія
time = Час
status = Статус
http_status = Статус HTTP
attempts = Спроби
attempts_count = { $n ->
    [one] { $n } спроба
    [few] { $n } спроби
    [many] { $n } спроб
   *[other] { $n } спроби
}
duration = Тривалість
all_statuses = Усі статуси
all_events = Усі події
all_webhooks = Усі вебхуки
no_deliveries = Доставок ще не було
no_deliveries_about = Вони зʼявляться тут, щойно якась подія підійде одному з вебхуків.
log_retention = Термін зберігання журналу, днів: { $days }.
deleted_webhook = Видалений вебхук

status_pending = Очікує
status_success = Успішно
status_failed = Помилка
delivery_retrying = Буде повтор
delivery_sending = Надсилається
delivery_cancelled = Скасовано
trigger_event = Подія
trigger_manual = Повторне надсилання
trigger_test = Тест
trigger_recovery = Повтор невдалих

reason_exhausted = Остання спроба за розкладом не вдалася, тож доставку припинено.
reason_expired = Від події минуло сім днів, тож доставку припинено.
reason_poison = Сервер шість разів зупинявся, коли надсилав цю подію, тож доставку припинено.
reason_cancelled = Повтори скасовано.
reason_webhook_deleted = Вебхук видалено, тож доставку скасовано.

send_again = Надіслати ще раз
send_again_warning = Отримувач може обробити цю подію двічі
cancel_retries = Скасувати повтори
event_time = Час події
attempts_of = { $n } з { $max }
made_by = Джерело
attempt = Спроба { $n }
attempt_scheduled = заплановано
attempt_started = надсилається
attempt_interrupted = перервано, результат невідомий
next_attempt_at = { $hour ->
    [11] Наступна спроба об { $time }
   *[other] Наступна спроба о { $time }
}
next_attempt_on = Наступна спроба { $time }
next_attempt_held = Чекає: вебхук вимкнено
no_attempts = Ще не надіслано
request = Запит
response_of = Відповідь · спроба { $n }
headers = Заголовки
body_size = Тіло · { $size }
empty_body = порожнє
response_body = Тіло відповіді
request_body = Тіло запиту
no_response = Відповіді не було.
cut_body = Відповідь більша за 16 кБ, решту не збережено
body_deleted = { $n ->
    [one] Тіло видалено: термін зберігання ({ $n } день) минув
    [few] Тіло видалено: термін зберігання ({ $n } дні) минув
    [many] Тіло видалено: термін зберігання ({ $n } днів) минув
   *[other] Тіло видалено: термін зберігання ({ $n } дня) минув
}
reached_address = Адреса: { $address }

# Чому спроба не вдалася і що робити.
cause_dns_error = Імʼя хосту не знайдено (DNS)
advice_dns_error = Перевірте імʼя хосту в URL вебхука та чи існує його запис DNS.
cause_blocked_address = Запити до приватних мереж заборонено
advice_blocked_address = Укажіть публічну адресу або попросіть адміністратора сервера дозволити цю мережу.
cause_connect_refused = У зʼєднанні відмовлено
advice_connect_refused = Перевірте, чи запущено сервіс і чи слухає він порт, указаний в URL.
cause_connect_timeout = Не вдалося зʼєднатися за 10 с
advice_connect_timeout = Перевірте мережевий екран і чи доступний отримувач із цього сервера.
cause_connect_reset = Зʼєднання розірвано
advice_connect_reset = Отримувач закрив зʼєднання, не відповівши. Перевірте його журнал і проксі перед ним.
cause_tls_error = Сертифікат TLS недійсний
advice_tls_error = Перевірте, чи не минув строк дії сертифіката, чи містить він імʼя цього хосту й увесь ланцюжок і чи підтримує отримувач TLS 1.2 або новішу версію.
cause_timeout = Час очікування вичерпано ({ $n } с)
advice_timeout = Спершу відповідайте статусом 2xx, а подію обробляйте потім, або збільште час очікування вебхука.
cause_invalid_http = Відповідь не відповідає протоколу HTTP
advice_invalid_http = Перевірте, чи веде URL на вебсервер, чи правильний порт і чи має відповідь не більше ніж 100 заголовків.
cause_redirect = Перенаправлення не виконуються
advice_redirect_to = Укажіть кінцеву адресу як URL вебхука. У відповіді вказано таку: { $address }
advice_redirect = Укажіть кінцеву адресу як URL вебхука.
cause_http_status = Отримувач відповів { $code }
advice_http_status = Причину шукайте в журналі отримувача.
cause_gone = Отримувач відповів 410
advice_gone = Він більше не приймає подій, тому вебхук вимкнено. Перевірте URL, перш ніж увімкнути його знову.
cause_internal = Внутрішня помилка цього сервера
advice_internal = Подію збережено, її буде надіслано ще раз. Якщо помилка повторюється, перегляньте журнал цього сервера.
advice_unauthorized = Перевірте авторизацію вебхука: отримувач її не прийняв ({ $code }).
advice_not_found = Перевірте шлях в URL вебхука.
advice_rejected = Отримувач не прийняв тіло або заголовок. Причина може бути в його відповіді нижче.
advice_too_many = Він просить надсилати рідше, тому вебхук призупинено на вказаний ним час, щонайменше на 60 с.
advice_unavailable = Він доступний, але тимчасово не може обробляти запити. Перевірте сервіс.
advice_general = Якщо подій немає, перевірте вибрані події, доступність отримувача, авторизацію та журнали отримувача
