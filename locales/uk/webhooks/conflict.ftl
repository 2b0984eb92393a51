# Двоє людей змінили той самий вебхук.
conflict = Відмінності
conflict_field = Поле
conflict_yours = Ваше значення
conflict_stored = Збережене значення
conflict_changed = змінено
