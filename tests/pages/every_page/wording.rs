use crate::pages::make_webhook;
use crate::support::{App, Page};

fn says(page: &Page, words: &[&str]) {
    for words in words {
        assert!(page.says(words) || page.body.contains(words), "{words:?} on {}: {}", page.path, page.text("main"));
    }
}

#[tokio::test]
async fn the_pages_use_the_words_of_the_help_desks_own_page() {
    let app = App::start();
    let admin = app.admin().await;
    let english = [
        "Webhook URL",
        "Authorization",
        "None",
        "Bearer",
        "Basic",
        "Custom",
        "Login",
        "Password",
        "Header name",
        "Events",
        "Conversation status changed",
        "Conversation substatus changed",
        "Message created",
        "Message updated",
        "Assignee changed",
        "Team changed",
        "Select inbox",
        "All inboxes",
    ];
    says(&admin.open("/webhooks/new").await, &english);
    says(&admin.open("/webhooks").await, &["Webhooks list", "Add new webhook"]);
    let ukrainian = [
        "URL вебхука",
        "Авторизація",
        "None",
        "Bearer",
        "Basic",
        "Custom",
        "Логін",
        "Пароль",
        "Назва заголовка",
        "Події",
        "Статус розмови змінено",
        "Сабстатус розмови змінено",
        "Повідомлення створено",
        "Повідомлення оновлено",
        "Призначеного агента змінено",
        "Призначену команду змінено",
        "Виберіть канал",
        "Усі канали",
    ];
    says(&admin.open("/webhooks/new?lang=uk").await, &ukrainian);
    says(&admin.open("/webhooks").await, &["Список вебхуків", "Додати новий вебхук"]);
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    says(&admin.open(&format!("/webhooks/{id}/edit")).await, &["Редагувати вебхук"]);
    says(&admin.open(&format!("/webhooks/{id}/delete")).await, &["Видалити вебхук", "Так, видалити"]);
    says(&admin.open(&format!("/webhooks/{id}/edit?lang=en")).await, &["Edit webhook"]);
    says(&admin.open(&format!("/webhooks/{id}/delete")).await, &["Delete webhook", "Yes, delete", "Turn off instead"]);
}
