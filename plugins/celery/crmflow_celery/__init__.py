"""Messages of crmflow, sent by Celery."""
