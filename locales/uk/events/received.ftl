# Отримані події: список і одна подія.
received_events = Отримані події
received_about = Усі прийняті події, зокрема й ті, яких не отримав жоден вебхук; найновіші — вгорі.
received_id = ID події
received_outcome = Результат
received_unmatched = Жоден вебхук не підійшов
received_test = Тест
received_from = Від
received_to = До
received_size = Розмір
received_at = Прийнято
received_none = Подій ще немає
received_none_about = Вони зʼявляться тут, щойно ваша служба підтримки надішле першу. Спробуйте цю команду:
received_curl = Команда, що надсилає подію
received_token = Щоб створити токен, виконайте на сервері:
received_go_on = Переглянуто найновіші 10 000 подій. Натисніть «Давніші», щоб шукати далі.
received_derived_from = Створено на основі
received_derived = Похідні події
received_no_deliveries = Нічого не надіслано.
received_send_to = Надіслати до…
received_choose = Виберіть вебхук
received_send = Надіслати
received_send_about = Подію буде надіслано цьому вебхуку зараз незалежно від вибраних у ньому подій і каналів.
received_not_for = Вебхуки, які не отримали цієї події
received_raw = Як надійшло
received_cut = Тіло довге, тому показано лише початок.
received_body_about = Отримувачам надсилаються саме ці байти; відступи додано тут лише для зручності читання.
received_body = Тіло події
not_for_then = Тепер підійшов би: налаштування змінено після надходження події
received_retention = { $days ->
    [one] Події зберігаються { $days } день.
    [few] Події зберігаються { $days } дні.
    [many] Події зберігаються { $days } днів.
   *[other] Події зберігаються { $days } дня.
}

unmatched_unsubscribed = Жоден вебхук не підписано на цю подію
unmatched_other_inbox = У вебхуках для цієї події вибрано інші канали
unmatched_off = Вебхуки для цієї події вимкнено вже понад 7 днів
not_for_unsubscribed = Не підписано на цю подію
not_for_other_inbox = Канал цієї події не вибрано
not_for_off = Вимкнено
