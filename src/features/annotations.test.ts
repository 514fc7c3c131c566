import { FieldType, type DataFrame } from '@grafana/data';
import { annotationEvents, annotationSupport } from './annotations';

test('annotations of Grafana\'s Loki source, old and new, are asked for their lines only', () => {
  const old = { name: 'n', enable: true, iconColor: 'red', expr: '{a="b"}', maxLines: 20 };
  const prepared = annotationSupport.prepareAnnotation!(old);
  expect(annotationSupport.prepareQuery!(prepared)).toEqual({ refId: 'Anno', expr: '{a="b"}', maxLines: 20, withMetrics: false });
  const target = { refId: 'Anno', expr: '{a="c"}', queryType: 'range' as const, withMetrics: true };
  expect(annotationSupport.prepareQuery!({ ...old, target })).toMatchObject({ expr: '{a="c"}', withMetrics: false });
  expect(annotationSupport.prepareQuery!({ name: 'n', enable: true, iconColor: 'red' })).toBeUndefined();
});

test('annotations: text, title and tags from labels', () => {
  const frame: DataFrame = {
    length: 1,
    fields: [
      { name: 'timestamp', type: FieldType.time, config: {}, values: [5] },
      { name: 'body', type: FieldType.string, config: {}, values: ['boom'] },
      { name: 'labels', type: FieldType.other, config: {}, values: [{ host: 'a', level: 'error ', empty: '' }] },
    ],
  };
  const annotation = { name: 'n', enable: true, iconColor: 'red', titleFormat: '{{host}}' };
  expect(annotationEvents(annotation, [frame])).toEqual([{ time: 5, title: 'a', text: 'boom', tags: ['a', 'error'] }]);
  expect(annotationEvents({ ...annotation, tagKeys: 'level, nope', textFormat: 'on {{host}}' }, [frame])[0]).toMatchObject({ text: 'on a', tags: ['error'] });
});
