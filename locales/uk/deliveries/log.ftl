# Журнал доставок і його фільтри.
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

filter_from = Від
filter_to = До
filter_period = Період
filter_test = Тести
any_time = Будь-коли
period_1h = Остання година
period_today = Сьогодні
period_24h = Останні 24 години
period_7d = Останні 7 днів
tests_too = Разом із тестами
tests_out = Без тестів
tests_only = Лише тести
more_filters = Більше фільтрів
filters_odd = Не розпізнано й не враховано: { $names }.
log_search_hint = ID, 503, текст
log_search_about = Пошук знаходить початок ID (evt_…, dlv_…), статус HTTP, наприклад 503, або текст у подіях і відповідях: він переглядає 5 000 найновіших доставок, які показують інші фільтри.
log_search_limit = За раз пошук переглядає 5 000 доставок.
nothing_matches_so_far = Поки що нічого не знайдено
looked_until = Переглянуто до { $time }.
look_further = Шукати далі

# Про нові доставки сповіщаємо, але не вставляємо їх.
log_live = Оновлювати автоматично
log_news = { $n ->
    [one] { $n } нова доставка — показати
    [few] { $n } нові доставки — показати
    [many] { $n } нових доставок — показати
   *[other] { $n } нової доставки — показати
}
log_news_many = 100 або більше нових доставок — показати
