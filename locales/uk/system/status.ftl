# Стан системи.
status_lead = Оновлюється кожні 10 секунд.
status_works = Усе працює
status_degraded = Є збої
trouble_overloaded = Нові події не приймаються: черга задовга або диск заповнено. Звільніть місце на диску або зачекайте, доки черга зменшиться.
trouble_disk_low = Диск бази даних майже заповнено. Звільніть місце.
trouble_unusable = Файл бази даних переміщено, замінено або пошкоджено. Нові події не приймаються. Перегляньте журнал сервера.
trouble_cannot_write = У базу даних неможливо нічого записати. Нові події не приймаються. Перегляньте журнал сервера.
trouble_late = Доставки, які вже мали надсилатися, чекають понад хвилину. Перевірте навантаження цієї машини та журнал сервера.
trouble_not_cleaned = Старі доставки не видаляються вже понад 30 хвилин. Перегляньте журнал сервера.
queue = Черга
queue_oldest = найдавніша чекає { $duration }
queue_empty = черга порожня
in_flight = Надсилається
in_flight_of = ліміт: { $n }
webhooks_failing = Вебхуки з помилками
webhooks_off_itself = { $n } вимкнено автоматично
webhooks_paused = Призупинені вебхуки
webhooks_active = { $n ->
    [one] { $n } активний
    [few] { $n } активні
    [many] { $n } активних
   *[other] { $n } активного
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
uptime = Час роботи
memory = Памʼять
server_time = Час сервера
machine_zone = Часовий пояс сервера
machine_clock = Годинник
clock_steady = після запуску не переводили
clock_set_forward = переведено вперед на { $duration } ({ $time })
clock_set_back = переведено назад на { $duration } ({ $time })
