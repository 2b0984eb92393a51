# Список.
webhook = Вебхук
webhooks = Вебхуки
webhooks_list = Список вебхуків
webhooks_lead = Виклики по HTTP, які можна налаштувати в рамках облікового запису. Вони запускаються, коли стаються вибрані події, наприклад змінюється статус розмови.
add_webhook = Додати новий вебхук
edit_webhook = Редагувати вебхук
deliveries_24h = Доставки за 24 год
success_rate = Частка успішних
failed = Помилки
pending = Очікують
events_and_inbox = Події та канал
last_24_hours = За останні 24 години
last_24h = За 24 год
last_delivery = Остання доставка
enabled = Увімкнено
enabled_of = Увімкнено: { $name }
name_or_url = Назва або URL
state = Стан
inbox = Канал
all_inboxes = Усі канали
no_webhooks_yet = Вебхуків ще немає
no_webhooks_advice = Додайте вебхук, щоб надсилати події в іншу систему, наприклад у CRM.
nothing_matches = Немає результатів за цими фільтрами
legend_up = вгору: доставлено
legend_down = вниз: помилки
strip_of = { $n ->
    [one] За останні 24 години: { $n } доставка, частка успішних { $rate }
    [few] За останні 24 години: { $n } доставки, частка успішних { $rate }
    [many] За останні 24 години: { $n } доставок, частка успішних { $rate }
   *[other] За останні 24 години: { $n } доставки, частка успішних { $rate }
}
strip_empty = За останні 24 години доставок не було
no_deliveries_yet = Доставок ще не було
turned_off_failing = Вебхук «{ $name }» вимкнено: жодна доставка не вдалася впродовж такого часу: { $duration }.
turned_off_failures = Вебхук «{ $name }» вимкнено: жодна доставка не вдалася.
turned_off_gone = Вебхук «{ $name }» вимкнено: отримувач відповів 410 і більше не приймає подій.
held_events = { $n ->
    [one] { $n } подія зберігатиметься 7 днів.
    [few] { $n } події зберігатимуться 7 днів.
    [many] { $n } подій зберігатимуться 7 днів.
   *[other] { $n } події зберігатимуться 7 днів.
}
see_what_went_wrong = Переглянути причину
send_test_event = Надіслати тестову подію
archived_inbox = Єдиний його канал заархівовано

# Стани й вони ж у фільтрі.
state_active = Увімкнено
state_failing = З помилками
state_paused = Призупинено
state_disabled = Вимкнено
state_auto_disabled = Вимкнено автоматично
filter_active = Увімкнені
filter_failing = З помилками
filter_paused = Призупинені
filter_disabled = Вимкнені
filter_auto_disabled = Вимкнені автоматично

# Форма.
form_not_saved = Вебхук не збережено
fix_problems = { $n ->
    [one] Виправте { $n } помилку і збережіть ще раз.
    [few] Виправте { $n } помилки і збережіть ще раз.
    [many] Виправте { $n } помилок і збережіть ще раз.
   *[other] Виправте { $n } помилки і збережіть ще раз.
}
address = Адреса
address_about = URL-адреса, на яку буде відправлятись запит.
name = Назва
name_hint = Якщо не заповнити, показуватиметься імʼя хосту.
webhook_url = URL вебхука
webhook_url_hint = Адреса HTTPS, яка встигає відповісти статусом 2xx за час очікування.
authorization = Авторизація
authorization_about = Метод авторизації, який підтримує кінцевий URL, щоб захистити дані від несанкціонованого доступу.
method_none = None
method_bearer = Bearer
method_basic = Basic
method_custom = Custom
method_none_about = None — запит буде надіслано без додаткових заголовків авторизації.
method_bearer_about = Bearer — використовується для передачі статичного API-ключа або токена.
method_basic_about = Basic — використовує стандартну схему Login та Password.
method_custom_about = Custom — дозволяє самостійно вказати назву заголовка.
none_deletes = Після збереження збережені облікові дані буде видалено.
token = Токен
new_token = Новий токен
token_hint = Надсилається в заголовку Authorization: Bearer …
token_again = Введіть токен ще раз
token_keep = Залиште порожнім, щоб не змінювати збережений токен. Щоб видалити його, виберіть None.
login = Логін
password = Пароль
new_password = Новий пароль
password_keep = Залиште порожнім, щоб не змінювати збережений пароль.
password_again = Введіть пароль ще раз
header_name = Назва заголовка
value = Значення
new_value = Нове значення
value_keep = Залиште порожнім, щоб не змінювати збережене значення.
value_again = Введіть значення ще раз
saved = Збережено
saved_never_shown = { $time }. Переглянути значення не можна.
events = Події
events_about = Події, при яких буде спрацьовувати вебхук. Виберіть лише потрібні.
group_most_used = Найпоширеніші
selected_of = { $n } з { $max }
select_all = Вибрати всі
clear_all = Зняти всі
select_inbox = Виберіть канал
select_inbox_about = Канал, для якого буде налаштований вебхук.
all_inboxes_about = Зокрема й додані пізніше
only_selected = Лише вибрані
only_selected_about = Події без каналу, як-от події контактів, тоді не надсилаються.
no_inboxes_yet = Каналів ще немає. Вони зʼявляться тут разом із першою подією.
inboxes = Канали
archived = в архіві
signing_secret = Ключ підпису
signing_secret_about = За ним отримувач перевіряє, що запит надіслали саме ви (HMAC-SHA256).
signing_secret_made = Ключ буде створено автоматично й показано один раз після збереження.
use_my_own_secret = Використати власний ключ
own_secret = Власний ключ
own_secret_hint = whsec_ і base64 від 24–64 байтів або 24–64 латинські літери, цифри й символи. Залиште порожнім, щоб отримати новий ключ.
secret_created = Створено { $time }
replace_secret = Замінити ключ…
custom_headers = Власні заголовки
custom_headers_about = Додаються до кожного запиту, якщо цього потребує ваша система.
header_row = Заголовок { $n }
hide_value = Приховати значення
remove_header = Вилучити заголовок { $n }
add_header = Додати заголовок
timeout = Час очікування
timeout_about = Скільки чекати на відповідь.
timeout_label = Секунди, від 5 до 20
create_webhook = Створити вебхук
save_and_test = Зберегти й перевірити
danger_zone = Незворотні дії
delete_webhook = Видалити вебхук…
delete_about = Вебхук буде видалено, журнал залишиться.

# Огляд, видалення, ключ.
sections = Розділи вебхука
overview = Огляд
deliveries = Доставки
test = Перевірка
secret = Ключ
copy_url = Копіювати URL
turn_on = Увімкнути
turn_off = Вимкнути
configuration = Конфігурація
extra_headers = Власні заголовки
headers_refused_today = Назви заголовків, які більше не можна вибрати: { $names }. Збережене надсилається, як і раніше: його можна прибрати, але не змінити. Проксі та сервери на шляху запиту можуть довіряти таким заголовкам.
no_headers = Немає
timeout_value = { $n } с
recent_deliveries = Останні доставки
open_log = Відкрити журнал доставок
no_deliveries_advice = Надішліть тестову подію, щоб побачити відповідь отримувача.
delete_webhook_question = Видалити вебхук «{ $name }»?
delete_url = Запити на цю адресу припиняться одразу.
delete_pending = { $n ->
    [one] { $n } доставку, що очікує, буде скасовано.
    [few] { $n } доставки, що очікують, буде скасовано.
    [many] { $n } доставок, що очікують, буде скасовано.
   *[other] { $n } доставки, що очікують, буде скасовано.
}
delete_nothing_pending = Доставок, що очікують, немає.
delete_log_stays = Термін зберігання журналу, днів: { $days }.
delete_secrets = Збережені облікові дані й ключ підпису буде видалено без можливості відновлення.
delete_yes = Так, видалити
delete_no = Ні, залишити
turn_off_instead = Натомість вимкнути
turn_off_instead_about = Налаштування залишаться, а події зберігатимуться 7 днів.
secret_new = Новий ключ
secret_copy_now = Скопіюйте ключ зараз. Більше його не буде показано.
secret_verify = Як отримувач перевіряє запит
secret_none_shown = Ключ зберігається зашифрованим, і переглянути його не можна. Якщо його втрачено, замініть його.
secret_old_until = Старий ключ діє до { $time }. До того часу кожен запит має два підписи.
secret_replace = Замінити ключ
secret_replace_about = Запити одразу підписуються новим ключем. Поки діє старий, вони мають обидва підписи, тож отримувач може перейти на новий ключ без перерви.
secret_overlap = Скільки ще діятиме старий ключ
secret_overlap_0 = Ніскільки: старий ключ перестане діяти одразу
secret_overlap_24h = Старий ключ діятиме ще 24 години
secret_overlap_7d = Старий ключ діятиме ще 7 днів
secret_generate = Створити ключ
secret_end_now = Припинити дію старого ключа

# Сторінка перевірки.
test_title = Надіслати тестову подію
test_about = Подію буде надіслано зі збереженими налаштуваннями, підписано, як усі, і позначено як тестову. Вона надсилається один раз, без повторів, навіть якщо вебхук вимкнено.
test_event = Подія
test_event_test = Тестова подія
test_subscribed = Події цього вебхука
test_others = Інші події
load_sample = Завантажити приклад
test_body = Тіло
test_body_hint = JSON. Його можна змінити: буде надіслано саме те, що тут написано.
test_headers = Заголовки запиту
test_send = Надіслати
test_result = Результат
test_no_result = Тут зʼявиться відповідь отримувача.
test_delivered = Отримувач прийняв подію
test_failed = Отримувач не прийняв подію
test_not_sent = Тестову подію не надіслано
test_open_delivery = Відкрити в журналі доставок
test_new_id = новий для кожної події
test_now = час надсилання
