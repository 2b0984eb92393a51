# Журнал доставок і його фільтри.
delivery_log = Журнал доставок
log_id = ID запису
event = Подія
time = Час
status = Статус
attempts = Спроби
attempts_count = { $n ->
    [one] { $n } спроба
    [few] { $n } спроби
    [many] { $n } спроб
   *[other] { $n } спроби
}
duration = Тривалість
all_statuses = Усі статуси
all_events = Усі події
all_webhooks = Усі вебхуки
no_deliveries = Доставок ще не було
no_deliveries_about = Доставки зʼявляться тут, щойно якась подія підійде одному з вебхуків.
log_retention = { $days ->
    [one] Журнал зберігається { $days } день.
    [few] Журнал зберігається { $days } дні.
    [many] Журнал зберігається { $days } днів.
   *[other] Журнал зберігається { $days } дня.
}
deleted_webhook = Видалений вебхук

status_pending = Незавершені
status_queued = Очікує
status_retrying = Буде повтор
status_waiting = Чекає
status_held = Накопичено
status_success = Успішно
status_failed = Помилка
delivery_cancelled = Скасовано
trigger_event = За подією
trigger_manual = Вручну
trigger_test = Тест
trigger_recovery = Повтор невдалих

filter_cause = Причина
all_causes = Усі причини
failure_3xx = 3xx
failure_4xx = 4xx
failure_5xx = 5xx
failure_timeout = без відповіді
failure_refused = відмова
failure_reset = розрив
failure_tls = TLS
failure_dns = DNS
failure_blocked = заборонено
failure_other = інше
filter_from = Від
filter_to = До
filter_period = Період
filter_test = Тести
any_time = Будь-коли
period_1h = Остання година
period_today = Сьогодні
period_24h = Останні 24 години
period_7d = Останні 7 днів
tests_too = Разом із тестами
tests_out = Без тестів
tests_only = Лише тести
filters = Фільтри
filters_set = Фільтри ({ $n })
nothing_matches_about = Скиньте фільтри, щоб побачити всі доставки.
deliveries_at_least = { $n ->
    [one] Щонайменше { $n } доставка
    [few] Щонайменше { $n } доставки
    [many] Щонайменше { $n } доставок
   *[other] Щонайменше { $n } доставки
}
more_filters = Більше фільтрів
filters_odd = Ці фільтри не розпізнано й не враховано: { $names }.
log_search_hint = ID, 503, текст
log_search_about = Шукайте за початком ID (evt_…, dlv_…), за статусом HTTP, наприклад 503, або за текстом у подіях і відповідях. Пошук охоплює 5 000 найновіших доставок, що відповідають іншим фільтрам.
log_search_limit = За один раз пошук охоплює 5 000 доставок.
nothing_matches_so_far = Поки що нічого не знайдено
looked_until = Переглянуто всі доставки, новіші за { $time }.
look_further = Шукати далі

# Про нові доставки сповіщаємо, але не вставляємо їх.
log_live = Оновлювати автоматично
log_news = { $n ->
    [one] Показати { $n } нову доставку
    [few] Показати { $n } нові доставки
    [many] Показати { $n } нових доставок
   *[other] Показати { $n } нової доставки
}
log_news_many = Показати нові доставки (100 або більше)
filter_between = від { $from } до { $to }
filter_since = від { $from }
filter_until = до { $to }
