DROP TABLE chatwoot_conversations;
