# Повідомлення про зроблене.
notice_webhook_created = Вебхук створено
notice_webhook_saved = Вебхук збережено
notice_webhook_deleted = Вебхук видалено
notice_webhook_turned_on = Вебхук увімкнено
notice_webhook_turned_off = Вебхук вимкнено
notice_secret_replaced = Ключ підпису замінено
notice_test_sent = Тестову подію надіслано
notice_delivery_resent = Подія надсилається ще раз
notice_delivery_cancelled = Повтори скасовано
notice_held_sent = Вебхук увімкнено, накопичені доставки надсилаються
notice_held_discarded = Вебхук увімкнено, накопичені доставки відкинуто
notice_recovery_started = Невдалі доставки надсилаються повторно
notice_recovery_cancelled = Повторне надсилання зупинено. Решту доставок не буде надіслано
notice_inbox_added = Канал додано
notice_inbox_saved = Канал збережено
notice_inbox_archived = Канал заархівовано
notice_inbox_restored = Канал відновлено
notice_signed_out = Ви вийшли із системи

notice_token_revoked = Токен відкликано
notice_role_changed = Роль змінено
notice_user_disabled = Користувача заблоковано
notice_user_enabled = Користувача розблоковано
notice_user_deleted = Користувача видалено
notice_invitation_withdrawn = Посилання відкликано
notice_profile_saved = Профіль збережено
notice_password_changed = Пароль змінено, інші ваші сеанси завершено
notice_others_signed_out = Інші ваші сеанси завершено

notice_settings_saved = Налаштування збережено

notice_event_sent = Подія надсилається

notice_chatwoot_connected = Chatwoot підключено
notice_chatwoot_checked = Підключення працює
notice_chatwoot_key_replaced = Ключ замінено
notice_chatwoot_secret_saved = Ключ збережено
notice_chatwoot_disconnected = Обліковий запис відключено
notice_chatwoot_taking_in = Події приймаються
notice_chatwoot_dismissed = Події пропущено
notice_chatwoot_comparing = Порівняння розпочато
