DROP TABLE kept_forms;
DROP TABLE form_answers;
