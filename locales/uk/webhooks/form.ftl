# Форма вебхука.
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
viewers = Відповіді для перегляду
viewers_about = Отримувачі часто повторюють адресу у відповідях, а деякі адреси важать стільки ж, як пароль.
viewers_see_answers = Користувачі з роллю «Перегляд» бачать заголовки й тіла відповідей
timeout = Час очікування
timeout_about = Скільки чекати на відповідь.
timeout_label = Секунди, від 5 до 20
create_webhook = Створити вебхук
save_and_test = Зберегти й перевірити
danger_zone = Незворотні дії
delete_webhook = Видалити вебхук…
delete_about = Вебхук буде видалено, журнал залишиться.

# Copying a webhook.
duplicate = Створити копію
copy_of = Копія: { $name }
copied_from = Це копія вебхука «{ $name }». До збереження нічого не записано. Таємні значення не копіюються: введіть облікові дані ще раз. Копія отримає власний ключ підпису.
