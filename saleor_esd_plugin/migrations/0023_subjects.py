"""Persons in events: names and addresses become rows of their own, to which events refer.

In old events these are who did it, unless it was the plugin itself; in the data each text with an @, the codes and
names of end customers, and the names of accounts. Nobody writes an event meanwhile: about 20 s for 100,000 of them.
"""

import django.db.models.deletion
from django.db import migrations, models

import saleor_esd_plugin.ids

# All subjects of one text, in any case; of any length, as a list of addresses may be one text.
BY_VALUE = "CREATE INDEX esd_subject_value ON esd_subject USING hash (upper(value));"

SUBJECTS_STAY = """
CREATE TRIGGER esd_subjects_stay BEFORE UPDATE OR DELETE ON esd_subject
    FOR EACH ROW EXECUTE FUNCTION esd_events_stay();
"""

# An id follows from event and text, so that row and reference agree.
SET_APART = """
ALTER TABLE esd_event DISABLE TRIGGER esd_events_stay;

CREATE FUNCTION pg_temp.esd_subject_of(event_id uuid, value text) RETURNS uuid LANGUAGE sql AS
$$ SELECT md5(event_id::text || value)::uuid $$;

WITH subject AS (
    INSERT INTO esd_subject (id, value)
    SELECT pg_temp.esd_subject_of(id, actor_label), actor_label FROM esd_event
    WHERE actor_kind <> 'SYSTEM' AND actor_label <> ''
)
UPDATE esd_event SET actor_subject_id = pg_temp.esd_subject_of(id, actor_label)
WHERE actor_kind <> 'SYSTEM' AND actor_label <> '';

CREATE FUNCTION pg_temp.esd_set_apart(part jsonb, event_id uuid, persons text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    IF jsonb_typeof(part) = 'object' THEN
        RETURN coalesce((
            SELECT jsonb_object_agg(key, pg_temp.esd_set_apart(value, event_id, persons)) FROM jsonb_each(part)
        ), part);
    ELSIF jsonb_typeof(part) = 'array' THEN
        RETURN coalesce((
            SELECT jsonb_agg(pg_temp.esd_set_apart(value, event_id, persons) ORDER BY place)
            FROM jsonb_array_elements(part) WITH ORDINALITY AS each (value, place)
        ), part);
    ELSIF jsonb_typeof(part) = 'string' AND part #>> '{}' = ANY (persons) THEN
        RETURN jsonb_build_object('subject', pg_temp.esd_subject_of(event_id, part #>> '{}'));
    END IF;
    RETURN part;
END $$;

WITH person (id, value) AS (
    SELECT id, text #>> '{}'
    FROM esd_event, jsonb_path_query(data, '$.** ? (@.type() == "string")') AS text
    WHERE position('@' IN data::text) > 0 AND position('@' IN text #>> '{}') > 0
    UNION
    SELECT id, unnest(ARRAY[
        data #>> '{code}',
        data #>> '{changes,code,before}', data #>> '{changes,code,after}',
        data #>> '{changes,name,before}', data #>> '{changes,name,after}'
    ])
    FROM esd_event
    WHERE type IN ('end_customer.created', 'end_customer.updated', 'end_customer.deleted', 'account.updated')
), persons AS (
    SELECT id, array_agg(value) AS texts FROM person WHERE value <> '' GROUP BY id
), subject AS (
    INSERT INTO esd_subject (id, value)
    SELECT pg_temp.esd_subject_of(id, value), value FROM person WHERE value <> ''
    -- Who did it may be named in the data as well.
    ON CONFLICT (id) DO NOTHING
)
UPDATE esd_event event SET data = pg_temp.esd_set_apart(data, event.id, texts)
FROM persons WHERE persons.id = event.id;

DROP FUNCTION pg_temp.esd_set_apart(jsonb, uuid, text[]);
DROP FUNCTION pg_temp.esd_subject_of(uuid, text);
ALTER TABLE esd_event ENABLE TRIGGER esd_events_stay;
"""

PUT_BACK = """
ALTER TABLE esd_event DISABLE TRIGGER esd_events_stay;

UPDATE esd_event SET actor_label = 'saleor_esd_plugin' WHERE actor_kind = 'SYSTEM';
UPDATE esd_event SET actor_label = value FROM esd_subject subject WHERE subject.id = actor_subject_id;

CREATE FUNCTION pg_temp.esd_put_back(part jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    IF jsonb_typeof(part) = 'object' THEN
        RETURN coalesce(
            (SELECT to_jsonb(value) FROM esd_subject WHERE id = (part ->> 'subject')::uuid),
            (SELECT jsonb_object_agg(key, pg_temp.esd_put_back(value)) FROM jsonb_each(part)),
            part
        );
    ELSIF jsonb_typeof(part) = 'array' THEN
        RETURN coalesce((
            SELECT jsonb_agg(pg_temp.esd_put_back(value) ORDER BY place)
            FROM jsonb_array_elements(part) WITH ORDINALITY AS each (value, place)
        ), part);
    END IF;
    RETURN part;
END $$;

UPDATE esd_event SET data = pg_temp.esd_put_back(data) WHERE data @? '$.**.subject';

DROP FUNCTION pg_temp.esd_put_back(jsonb);
ALTER TABLE esd_event ENABLE TRIGGER esd_events_stay;
"""


class Migration(migrations.Migration):
    dependencies = [("esd", "0022_terms")]

    operations = [
        migrations.CreateModel(
            name="Subject",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=saleor_esd_plugin.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("value", models.TextField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.AddField(
            "event",
            "actor_subject",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="esd.Subject",
            ),
        ),
        migrations.RunSQL(SET_APART, PUT_BACK),
        migrations.RemoveField("event", "actor_label"),
        # Afterwards, as an index is made quicker of what is there.
        migrations.RunSQL(BY_VALUE + SUBJECTS_STAY, migrations.RunSQL.noop),
    ]
