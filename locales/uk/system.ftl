# Налаштування всієї системи та її стан.
settings_lead = Для всієї системи.
settings_own = Ваші мова, часовий пояс і тема
settings_here = Налаштовується тут
settings_here_about = Діє одразу й для всіх.
settings_language_hint = Для тих, хто не вибрав мови й чий браузер не просить жодної з двох.
settings_time_zone_hint = Для нових користувачів. Кожен може вибрати інший.
viewers_see_all_answers = Користувачі з роллю «Перегляд» бачать відповіді всіх вебхуків
viewers_see_all_answers_about = Інакше — лише тих, в URL яких немає шляху, і тих, у формі яких це дозволено.
substatus_attribute = Атрибут сабстатусу
substatus_attribute_hint = Додатковий атрибут розмови, зміна якого означає подію «Сабстатус розмови змінено».
settings_not_saved = Налаштування не збережено
AttributeInvalid = Атрибут має бути одним словом, не довшим за 64 символи
notice_settings_saved = Налаштування збережено
settings_start = Задається під час запуску
settings_start_about = Сервер читає ці змінні, коли запускається.
setting = Налаштування
variable = Змінна
built_in = вбудовано
fixed_public_url = Публічна URL-адреса
fixed_bind = Адреса прослуховування
fixed_proxies = Довірені проксі
fixed_retention = Завершені доставки зберігаються
fixed_keep_alive = Незайняті зʼєднання зберігаються
fixed_per_peer = Зʼєднань з однієї адреси
fixed_payload = Найбільший розмір події
fixed_in_flight = Одночасних запитів
fixed_per_webhook = З них до одного вебхука
fixed_allowed = Приватні мережі, доступні вебхукам
fixed_denied = Мережі, заборонені вебхукам
fixed_http = Незахищений http до публічних адрес
fixed_schedule = Паузи між спробами
fixed_lifetime = Спроби припиняються після
fixed_off = Автоматичне вимкнення вебхука
yes = так
no = ні
off_rule = { $n ->
    [one] самі помилки впродовж такого часу: { $duration }, щонайменше { $n } помилка
    [few] самі помилки впродовж такого часу: { $duration }, щонайменше { $n } помилки
    [many] самі помилки впродовж такого часу: { $duration }, щонайменше { $n } помилок
   *[other] самі помилки впродовж такого часу: { $duration }, щонайменше { $n } помилки
}

status_lead = Оновлюється кожні 10 секунд.
status_works = Усе працює
status_degraded = Є збої
trouble_overloaded = Нові події не приймаються: черга задовга або диск заповнено.
trouble_disk_low = Диск бази даних майже заповнено. Звільніть місце.
trouble_unusable = Файл бази даних переміщено, замінено або пошкоджено. Нові події не приймаються. Перегляньте журнал сервера.
trouble_late = Доставки, які вже мали надсилатися, чекають понад хвилину.
trouble_not_cleaned = Старі доставки не видаляються вже понад 30 хвилин. Перегляньте журнал сервера.
queue = Черга
queue_oldest = найдавніша чекає { $duration }
queue_empty = черга порожня
in_flight = Надсилається
in_flight_of = щонайбільше { $n } одночасно
webhooks_failing = Вебхуки з помилками
webhooks_off_itself = { $n } вимкнено автоматично
webhooks_paused = Призупинені вебхуки
webhooks_active = { $n ->
    [one] { $n } активний
    [few] { $n } активні
    [many] { $n } активних
   *[other] { $n } активного
}
database = База даних
database_kind = Тип
database_size = Розмір
database_file = Файл
files_readable = Файли з даними або ключем можуть читати інші користувачі цієї машини. Залиште доступ лише власникові: chmod 600.
disk_free = Вільно на диску
migration = Міграція
last_cleanup = Останнє очищення
process = Процес
version = Версія
uptime = Працює вже
memory = Памʼять
server_time = Час сервера
machine_zone = Часовий пояс сервера
machine_clock = Годинник
clock_steady = від запуску не переводився
clock_set_forward = переведено вперед на { $duration } ({ $time })
clock_set_back = переведено назад на { $duration } ({ $time })
