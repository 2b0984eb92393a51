DROP TABLE chatwoot_missing;
DROP TABLE chatwoot_comparisons;
