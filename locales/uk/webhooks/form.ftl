# Форма вебхука.
form_not_saved = Вебхук не збережено
same_url_created = Вебхук створено. Той самий URL використовує вебхук «{ $name }»
same_url_saved = Вебхук збережено. Той самий URL використовує вебхук «{ $name }»
fix_problems = { $n ->
    [one] Виправте { $n } помилку та спробуйте ще раз.
    [few] Виправте { $n } помилки та спробуйте ще раз.
    [many] Виправте { $n } помилок та спробуйте ще раз.
   *[other] Виправте { $n } помилки та спробуйте ще раз.
}
address = Адреса
address_about = URL-адреса, на яку буде відправлятись запит.
name = Назва
name_hint = Якщо не заповнити, показуватиметься імʼя хоста.
webhook_url = URL вебхука
webhook_url_hint = Адреса HTTPS, що відповідає статусом 2xx у межах часу очікування.
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
none_deletes = Щойно ви збережете зміни, токен, пароль або значення буде видалено.
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
group_most_used = Найуживаніші
selected_of = { $n } з { $max }
select_all = Вибрати всі
clear_all = Зняти всі
select_inbox = Виберіть канал
select_inbox_about = Канал, для якого буде налаштований вебхук.
all_inboxes_about = Зокрема й додані пізніше
only_selected = Лише вибрані
only_selected_about = Події без каналу, як-от події контактів, у такому разі не надсилатимуться.
no_inboxes_yet = Каналів ще немає. Канал зʼявиться тут, щойно з нього надійде перша подія.
inboxes = Канали
archived = заархівовано
signing_secret = Ключ підпису
signing_secret_about = За ним отримувач перевіряє, що запит надіслали саме ви (HMAC-SHA256).
signing_secret_made = Ключ буде створено автоматично й показано один раз після збереження.
use_my_own_secret = Використати власний ключ
own_secret = Власний ключ
own_secret_hint = 24–64 латинські літери, цифри чи символи або whsec_ і 24–64 байти в base64. Якщо не заповнити, ключ буде створено автоматично.
secret_created = Створено { $time }
replace_secret = Замінити ключ…
custom_headers = Власні заголовки
custom_headers_about = Додаються до кожного запиту. Потрібні, лише якщо їх вимагає отримувач.
header_row = Заголовок { $n }
hide_value = Приховати значення
remove_header = Вилучити заголовок { $n }
add_header = Додати заголовок
viewers = Відповіді для спостерігачів
viewers_about = Отримувачі часто повторюють URL у відповідях, а деякі URL не менш таємні, ніж пароль.
viewers_see_answers = Спостерігачі бачать заголовки й тіла відповідей
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
copied_from = Це копія вебхука «{ $name }». Доки ви не збережете форму, нічого не зміниться. Таємні дані не копіюються: введіть їх ще раз. Копія отримає власний ключ підпису.
