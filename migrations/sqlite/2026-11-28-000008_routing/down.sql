DROP TABLE routing;
