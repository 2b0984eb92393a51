# Двоє людей змінили той самий вебхук.
conflict = Що відрізняється
conflict_field = Поле
conflict_yours = Ваше значення
conflict_stored = Збережено зараз
conflict_changed = змінено
