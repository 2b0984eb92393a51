# Список вебхуків.
webhook = Вебхук
webhooks = Вебхуки
webhooks_list = Список вебхуків
webhooks_lead = Виклики по HTTP, які можна налаштувати в рамках облікового запису. Вони запускаються, коли відбуваються вибрані події, наприклад змінюється статус розмови.
add_webhook = Додати новий вебхук
edit_webhook = Редагувати вебхук
deliveries_24h = Завершено за 24 год
success_rate = Частка успішних
failed = Помилки
events_and_inbox = Події та канал
last_24_hours = За останні 24 години
last_24h = За 24 год
last_delivery = Остання доставка
enabled_of = Увімкнено: { $name }
name_or_url = Назва або URL
state = Стан
inbox = Канал
all_inboxes = Усі канали
no_webhooks_yet = Вебхуків ще немає
no_webhooks_advice = Додайте вебхук, щоб надсилати події в іншу систему, наприклад у CRM.
nothing_matches = Немає результатів за цими фільтрами
legend_up = вгору: доставлено
legend_attempts = вниз: невдалі спроби
legend_down = невдалі доставки
strip_of = { $n ->
    [one] За останні 24 години: { $n } спроба, частка успішних { $rate }
    [few] За останні 24 години: { $n } спроби, частка успішних { $rate }
    [many] За останні 24 години: { $n } спроб, частка успішних { $rate }
   *[other] За останні 24 години: { $n } спроби, частка успішних { $rate }
}
strip_empty = За останні 24 години спроб не було
no_deliveries_yet = Доставок ще не було
send_test_event = Надіслати тестову подію
archived_inbox = Єдиний його канал заархівовано

# Стани й вони ж у фільтрі.
state_active = Увімкнено
state_failing = З помилками
state_paused = Призупинено
state_disabled = Вимкнено
state_auto_disabled = Вимкнено автоматично
filter_active = Увімкнені
filter_trouble = Потребують уваги
sort_by = Впорядкувати: { $column }
filter_failing = З помилками
filter_paused = Призупинені
filter_disabled = Вимкнені
filter_auto_disabled = Вимкнені автоматично

# The pages of the list.
previous = Попередні
next = Наступні
list_part = { $n ->
    [one] { $from }–{ $to } з { $n } вебхука
    [few] { $from }–{ $to } з { $n } вебхуків
    [many] { $from }–{ $to } з { $n } вебхуків
   *[other] { $from }–{ $to } з { $n } вебхука
}
