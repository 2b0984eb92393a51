# Графік одного вебхука.
range_24h = 24 години
range_7d = 7 днів
chart_numbers = Показники за період
chart_by_hour = Доставки за годину
chart_by_quarter = Доставки за 6 годин
chart_median = Медіана відповіді
chart_p95 = 95% відповідей за
chart_label_day = Доставки за годину, останні 24 години; доставлено: { $n }, помилки: { $max }
chart_label_week = Доставки за 6 годин, останні 7 днів; доставлено: { $n }, помилки: { $max }
chart_bar = { $time }: доставлено: { $n }, помилки: { $max }
chart_delivered = Доставлено: { $n }
chart_failed = Помилки: { $n }
chart_up = Доставлено
chart_table = Показати таблицею
chart_span = { $from }–{ $to }
chart_day_span = { $day }, { $from }–{ $to }
pattern_day = %d.%m
