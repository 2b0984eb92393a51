# Налаштування всієї системи.
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
