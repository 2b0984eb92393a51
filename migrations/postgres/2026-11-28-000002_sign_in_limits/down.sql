DROP TABLE known_sign_ins;
DROP TABLE sign_in_failures;
