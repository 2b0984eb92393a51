# Одна доставка та її спроби.
# A blocked address, where the operator allows some networks.
blocked_by = Адресу { $address } відхилено.
blocked_settings = Доступ до приватних мереж визначають налаштування { $allow } і { $deny }.

reason_exhausted = Остання спроба за розкладом не вдалася, тож доставку припинено.
reason_expired = Від події минуло сім днів, тож доставку припинено.
reason_crashed = Hachok шість разів аварійно завершував роботу, надсилаючи цю подію, тож доставку припинено.
reason_cancelled = Повтори скасовано.
reason_webhook_deleted = Вебхук видалено, тож доставку скасовано.
reason_aborted = Отримувач попросив не повторювати надсилання (webhook-delivery: abort-message), тож доставку припинено.
reason_test_failed = Тестові події повторно не надсилаються.

send_again = Надіслати ще раз
send_again_warning = Отримувач може обробити цю подію двічі
cancel_retries = Скасувати повтори
event_time = Час події
attempts_of = { $n } з { $max }
made_by = Спосіб надсилання
resend_of = Повтор доставки
resent_as = Повторна доставка
attempt = Спроба { $n }
attempt_scheduled = заплановано
attempt_scheduled_in = заплановано { $distance }
attempt_waits = чекає на надсилання
attempt_started = надсилається
attempt_interrupted = перервано, результат невідомий
next_attempt_at = { $hour ->
    [11] Наступна спроба об { $time }
   *[other] Наступна спроба о { $time }
}
next_attempt_on = Наступна спроба { $time }
next_at = { $hour ->
    [11] Спроба об { $time }
   *[other] Спроба о { $time }
}
next_on = Спроба { $day }, { $time }
held_off = Накопичено: вебхук вимкнено
held_off_about = Її буде надіслано, коли вебхук увімкнуть; вона зберігається до 7 днів.
held_paused = Накопичено: отримувач просить надсилати рідше (429), тому до { $time } нічого не надсилається
waiting_failing = Чекає: вебхук працює з помилками, тому доставки надсилаються по одній, доки одна з них не вдасться
waiting_backlog = Чекає: у цього вебхука довга черга, спочатку надсилаються найдавніші доставки
open_webhook = Відкрити вебхук
cancel_delivery = Скасувати доставку
send_again_off = Щоб надіслати ще раз, увімкніть вебхук.
no_attempts = Ще не надіслано
request = Запит
response_of = Відповідь · спроба { $n }
headers = Заголовки
body_size = Тіло · { $size }
empty_body = порожнє
response_body = Тіло відповіді
request_body = Тіло запиту
answer_hidden = Заголовки й тіло цієї відповіді бачать лише адміністратори: у ній може повторюватися URL вебхука.
no_response = Відповіді немає.
cut_body = Показано лише перші 16 КіБ відповіді
body_deleted = { $n ->
    [one] Тіло видалено: термін зберігання ({ $n } день) минув
    [few] Тіло видалено: термін зберігання ({ $n } дні) минув
    [many] Тіло видалено: термін зберігання ({ $n } днів) минув
   *[other] Тіло видалено: термін зберігання ({ $n } дня) минув
}
reached_address = Адреса: { $address }

other_deliveries = Інші доставки цієї події
body_raw = Як надіслано
body_formatted = З відступами
curl_copy = Копіювати як cURL
curl_title = Команда cURL
curl_about = Замініть змінні, як-от $TOKEN, своїми таємними даними. Підпис дійсний лише для цієї позначки часу.

# Links to the deliveries before and after, and how bodies are shown.
older_delivery = Давніша
newer_delivery = Новіша
sent_again = Надіслано ще раз як нову доставку.
sent_again_open = Відкрити її
wrap_lines = Перенесення рядків
whole_body = Повністю
