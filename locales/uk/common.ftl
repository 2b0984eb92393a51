# Те, що потрібно кожній сторінці.
product = Hachok
product_about = Вебхуки для служби підтримки: надсилає події в інші системи й показує, що сталося з кожною доставкою.
main_menu = Головне меню
menu = Меню
breadcrumbs = Шлях до сторінки
skip_to_content = Перейти до вмісту
language = Мова
sign_out = Вийти
failed_in_day = { $n ->
    [one] { $n } невдала спроба за 24 години
    [few] { $n } невдалі спроби за 24 години
    [many] { $n } невдалих спроб за 24 години
   *[other] { $n } невдалої спроби за 24 години
}
title_error = Помилка: { $title }

save_changes = Зберегти зміни
cancel = Скасувати
delete = Видалити
remove = Вилучити
edit = Редагувати
copy = Копіювати
copied = Скопійовано
not_copied = Браузер не дозволив скопіювати. Текст виділено: натисніть Ctrl+C або ⌘C.
apply = Застосувати
search = Пошук
refresh = Оновити
clear_filters = Скинути фільтри
actions = Дії
actions_of = Дії: { $name }
newer = Новіші
older = Давніші
pages = Сторінки
optional = (необовʼязково)
hidden = приховано
all = Усі
warning = Попередження
problem = Проблема
summary = Підсумок
request_failed = Сервер не відповів. Перевірте зʼєднання та спробуйте ще раз.
request_refused = Сервер відповів HTTP { $code }. Оновіть сторінку та спробуйте ще раз.
reload_page = Оновити сторінку
ask_administrator = Налаштувати це може лише адміністратор.
as_of = Дані станом на { $time }

# Дати й час: шаблони strftime.
pattern_date = %d.%m.%Y
pattern_date_time = %d.%m.%Y, %H:%M
pattern_date_time_seconds = %d.%m.%Y, %H:%M:%S
pattern_clock = %H:%M
pattern_clock_seconds = %H:%M:%S
today = Сьогодні
yesterday = Учора
just_now = щойно
minutes_ago = { $n } хв тому
in_seconds = через { $n } с
in_minutes = через { $n } хв
today_at = { $hour ->
    [11] сьогодні об { $time }
   *[other] сьогодні о { $time }
}
yesterday_at = { $hour ->
    [11] учора об { $time }
   *[other] учора о { $time }
}
date_at = { $hour ->
    [11] { $date } об { $time }
   *[other] { $date } о { $time }
}

# Величини з одиницями.
milliseconds = { $amount } мс
under_a_millisecond = < 1 мс
seconds = { $amount } с
minutes = { $amount } хв
hours = { $amount } год
days = { $n ->
    [one] { $n } день
    [few] { $n } дні
    [many] { $n } днів
   *[other] { $n } дня
}
bytes = { $amount } Б
kibibytes = { $amount } КіБ
mebibytes = { $amount } МіБ
gibibytes = { $amount } ГіБ

webhooks_count = { $n ->
    [one] { $n } вебхук
    [few] { $n } вебхуки
    [many] { $n } вебхуків
   *[other] { $n } вебхука
}
events_count = { $n ->
    [one] { $n } подія
    [few] { $n } події
    [many] { $n } подій
   *[other] { $n } події
}
inboxes_count = { $n ->
    [one] { $n } канал
    [few] { $n } канали
    [many] { $n } каналів
   *[other] { $n } каналу
}
deliveries_count = { $n ->
    [one] { $n } доставка
    [few] { $n } доставки
    [many] { $n } доставок
   *[other] { $n } доставки
}

administration = Адміністрування
tokens = API-токени
users = Користувачі
settings = Налаштування
system_status = Стан системи
