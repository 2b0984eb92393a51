# Перебіг надсилання ще раз усього, що не вдалося.
recovery_title = Повторне надсилання невдалих доставок
recovery_running = Надсилається
recovery_done = Завершено
recovery_cancelled = Зупинено
recovery_progress = Надіслано { $n } з { $max }
recovery_goes_on = Доставки надсилаються поступово. Цю сторінку можна закрити.
recovery_left = { $n ->
    [one] { $n } доставку не надіслано повторно.
    [few] { $n } доставки не надіслано повторно.
    [many] { $n } доставок не надіслано повторно.
   *[other] { $n } доставки не надіслано повторно.
}
recovery_delivered = Доставлено
recovery_started = Розпочато
recovery_ended = Закінчено
recovery_cancel = Зупинити надсилання
