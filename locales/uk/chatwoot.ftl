# Підключення до Chatwoot: список, нове підключення, одне підключення.
chatwoot = Chatwoot
chatwoot_lead = Події підключеного облікового запису Chatwoot надходять сюди безпосередньо.
chatwoot_empty = Chatwoot ще не підключено
chatwoot_empty_about = Підключіть обліковий запис: його канали зʼявляться тут одразу, а події — щойно відбудуться.
chatwoot_account = Обліковий запис
chatwoot_account_number = Обліковий запис { $id }
chatwoot_account_any = Будь-який
chatwoot_manual = Налаштовано вручну
chatwoot_last_event = Остання подія
chatwoot_connect = Підключити Chatwoot
chatwoot_connect_about = Додає в обліковий запис один вебхук, щогодини перевіряє його та відновлює. Токен зберігається зашифрованим, переглянути його не можна.
chatwoot_url = Адреса Chatwoot
chatwoot_url_hint = Адреса, за якою ви відкриваєте Chatwoot, наприклад https://chat.example.com.
chatwoot_token = Токен доступу
chatwoot_token_hint = Токен адміністратора облікового запису. У Chatwoot: Profile settings, Access token.
chatwoot_not_connected = Chatwoot не підключено
chatwoot_select_account = Виберіть обліковий запис
chatwoot_select_account_about = Власник токена — адміністратор кількох облікових записів.
chatwoot_manual_add = Налаштувати вручну
chatwoot_manual_about = Без токена доступу: ви отримаєте URL і додасте його в Chatwoot самостійно.
chatwoot_manual_name_hint = Наприклад, назва облікового запису.
chatwoot_manual_account_hint = Його номер або адреса однієї з його сторінок. Тоді події інших облікових записів відхилятимуться.
chatwoot_manual_button = Створити URL
chatwoot_by_token = З API-токеном
chatwoot_by_token_about = Програма, яка вміє лише викликати URL, надсилає події на цю адресу з API-токеном замість TOKEN.
chatwoot_wrong_keys = { $n ->
    [one] { $n } запит надійшов із ключем, якого немає в жодного підключення. Останній: { $time }.
    [few] { $n } запити надійшли з ключем, якого немає в жодного підключення. Останній: { $time }.
    [many] { $n } запитів надійшло з ключем, якого немає в жодного підключення. Останній: { $time }.
   *[other] { $n } запиту надійшло з ключем, якого немає в жодного підключення. Останній: { $time }.
}
chatwoot_state_receiving = Отримує події
chatwoot_state_waiting = Чекає на першу подію
chatwoot_state_faulty = Потребує уваги
chatwoot_state_disconnected = Відключено
chatwoot_checked = Вебхук перевірено
chatwoot_inboxes_read = Канали прочитано
chatwoot_signature = Підпис
chatwoot_signed = Перевіряється
chatwoot_unsigned = Не перевіряється
chatwoot_check = Перевірити зараз
chatwoot_disconnect = Відключити…
chatwoot_connect_again = Щоб підключити цей обліковий запис знову, введіть його адресу та токен доступу в списку підключень. Його канали залишаться вибраними.
chatwoot_ingest_url = URL для Chatwoot
chatwoot_ingest_url_about = На цю адресу Chatwoot надсилає події. Бережіть її, як пароль.
chatwoot_ingest_url_manual = У Chatwoot відкрийте Settings, Integrations, Webhooks, додайте вебхук із цією адресою та виберіть події. Бережіть адресу, як пароль.
chatwoot_key_replace = Замінити ключ
chatwoot_key_replace_about = Змінює адресу тут і в Chatwoot. Стара адреса діятиме ще 24 години.
chatwoot_key_replace_manual = Змінює адресу. Введіть нову в Chatwoot: стара діятиме ще 24 години.
chatwoot_key_old = Стара адреса діє до { $time }.
chatwoot_secret_hint = Chatwoot показує його після додавання вебхука (від версії 4.11.2). Залиште порожнім, щоб не перевіряти підписи.
chatwoot_secret_not_saved = Ключ не збережено
chatwoot_secret_save = Зберегти ключ
chatwoot_refusals = Відхилені запити
chatwoot_refusals_about = Chatwoot не надсилає ці події повторно.
chatwoot_refusals_none = Жодного запиту не відхилено.
chatwoot_reason = Причина
chatwoot_amount = Запити
chatwoot_last = Останній
chatwoot_refusal_signature_missing = Немає підпису
chatwoot_refusal_signature_wrong = Неправильний підпис
chatwoot_refusal_stale = Час запиту відрізняється від годинника цього сервера більш ніж на 5 хвилин
chatwoot_refusal_other_account = Подія іншого облікового запису
chatwoot_refusal_invalid_body = Це не подія у форматі JSON
chatwoot_refusal_too_large = Понад 2 МіБ
chatwoot_refusal_incomplete = Запит надійшов не повністю
chatwoot_refusal_not_stored = Сервер був перевантажений, або база даних не відповіла
chatwoot_refusal_disconnected = Обліковий запис відключено
chatwoot_unknown = Невідомі події
chatwoot_unknown_about = Цих подій немає в каталозі, тому їх не збережено.
chatwoot_unknown_other = { $n ->
    [one] І ще { $n } подія з іншою назвою.
    [few] І ще { $n } події з іншими назвами.
    [many] І ще { $n } подій з іншими назвами.
   *[other] І ще { $n } події з іншими назвами.
}
chatwoot_fault_token_refused = Chatwoot не приймає токен доступу. Підключіть обліковий запис знову з новим токеном.
chatwoot_fault_not_administrator = Власник токена не може змінювати вебхуки цього облікового запису. Підключіть його знову з токеном адміністратора.
chatwoot_fault_not_found = У Chatwoot більше немає цього облікового запису.
chatwoot_fault_limited = Chatwoot обмежує кількість запитів. Наступна перевірка буде пізніше.
chatwoot_fault_refused = Chatwoot відхилив вебхук. Перевірте публічну адресу цього сервера та версію Chatwoot.
chatwoot_fault_events_refused = Ця версія Chatwoot не має таких подій, тому вони не надходять:
chatwoot_fault_redirected = Адреса перенаправляє на іншу. Підключіть обліковий запис знову з адресою, яка відкривається в браузері.
chatwoot_fault_bad_answer = Це відповідь не від Chatwoot. Перевірте, чи він працює.
chatwoot_fault_unreachable = Chatwoot не відповів.
chatwoot_fault_unknown = Остання перевірка не вдалася з причини, якої ця версія Hachok не знає: перевірку виконала новіша версія.
chatwoot_hints = Якщо події не надходять
chatwoot_hint_private = Від версії 4.14 Chatwoot нічого не надсилає на приватні адреси. Задайте там SAFE_FETCH_ALLOW_PRIVATE_NETWORK=true (від версії 4.14.1) або використайте публічну адресу.
chatwoot_hint_tls = Сертифікат TLS цього сервера має бути дійсним для Chatwoot.
chatwoot_hint_sidekiq = Chatwoot надсилає вебхуки через Sidekiq. Якщо його зупинено або його черга довга, нічого не надходить.
chatwoot_hint_twice = Якщо канал API у Chatwoot має таку саму адресу, кожна подія надходить двічі.
chatwoot_hint_unsigned = Цей Chatwoot не підписує запити (до версії 4.11.2): їх захищає лише ключ в адресі.
chatwoot_disconnect_question = Відключити «{ $name }»?
chatwoot_disconnect_removes = Вебхук буде видалено з Chatwoot. Нові події більше не прийматимуться.
chatwoot_disconnect_manual = Нові події більше не прийматимуться. Видаліть вебхук у Chatwoot самостійно.
chatwoot_disconnect_keeps = Канали, вебхуки та журнал доставок залишаться. Обліковий запис можна підключити знову.
chatwoot_disconnect_gone = Це можливо, навіть якщо Chatwoot не відповідає або його більше немає.
chatwoot_disconnect_yes = Так, відключити
chatwoot_webhook_left = Обліковий запис відключено. Chatwoot не видалив вебхук: видаліть його там самостійно
chatwoot_missing = Втрачені події
chatwoot_missing_lead = Події, які є в Chatwoot, але сюди не надійшли.
chatwoot_missing_count = { $n ->
    [one] Втрачено { $n } подію
    [few] Втрачено { $n } події
    [many] Втрачено { $n } подій
   *[other] Втрачено { $n } події
}
chatwoot_missing_none = Нічого не втрачено
chatwoot_missing_none_about = Кожні пʼять хвилин розмови з новою активністю порівнюються з тим, що надійшло.
chatwoot_missing_what = Що втрачено
chatwoot_missing_conversation = Нова розмова
chatwoot_missing_message = Повідомлення { $id }
chatwoot_missing_state = Змінено: { $what }
chatwoot_missing_more = { $n ->
    [one] І ще { $n } подія.
    [few] І ще { $n } події.
    [many] І ще { $n } подій.
   *[other] І ще { $n } події.
}
chatwoot_missing_full = { $n ->
    [one] Втрачено { $n } подію. Порівняння продовжиться, коли частину з них буде прийнято або пропущено.
    [few] Втрачено { $n } події. Порівняння продовжиться, коли частину з них буде прийнято або пропущено.
    [many] Втрачено { $n } подій. Порівняння продовжиться, коли частину з них буде прийнято або пропущено.
   *[other] Втрачено { $n } події. Порівняння продовжиться, коли частину з них буде прийнято або пропущено.
}
chatwoot_conversation = Розмова
chatwoot_assignee = призначений агент
chatwoot_team = команда
chatwoot_labels = мітки
chatwoot_state_of_conversation = статус
chatwoot_take_in = Прийняти
chatwoot_take_in_all = Прийняти всі
chatwoot_take_in_about = Подія зберігається та доставляється так, ніби щойно надійшла. У її тілі є додаткове поле reconciled.
chatwoot_take_in_by_hand = Коли цього попросить адміністратор
chatwoot_take_in_always = Завжди, щойно її знайдено
chatwoot_taking_in = Приймається
chatwoot_dismiss = Пропустити
chatwoot_dismiss_all = Пропустити всі
chatwoot_compare_now = Порівняти зараз
chatwoot_comparing = Триває порівняння
chatwoot_compared_to = Порівняно до
chatwoot_compared_at = Останнє порівняння
chatwoot_comparison_failed = Не вдалося порівняти з Chatwoot: { $why }. Наступна спроба: { $time }.
chatwoot_foreign_answer = відповідь надійшла не від Chatwoot
chatwoot_not_compared = Не порівнюється
chatwoot_not_compared_about = Порівнюється лише обліковий запис, підключений із токеном доступу.
chatwoot_unseen = Чого порівняння не знаходить
chatwoot_unseen_deleted = Видалених повідомлень і розмов, а також редагувань повідомлень.
chatwoot_unseen_between = Змін, які відтоді скасовано чи замінено: порівнюються лише останні статус, призначений агент, команда та мітки.
chatwoot_unseen_contacts = Подій контактів, каналів, віджета та набору тексту.
chatwoot_unseen_bulk = Масових змін, які Chatwoot робить без активності в розмові.
chatwoot_unseen_young = Того, що сталося за останні дві хвилини, і того, що старше за останні 100 повідомлень розмови.
chatwoot_unseen_inboxes = Розмов у каналах, яких не бачить власник токена доступу.
