DROP TABLE request_answers;
