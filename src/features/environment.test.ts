import type { AdHocVariableFilter, Scope } from '@grafana/data';
import type { LogApi } from '../api';
import { Environment } from './environment';

/** What Grafana's template service of any version is asked, and with what. */
const service = {
  replace: jest.fn((text: string) => text.replace('$host', 'web1')),
  getAdhocFilters: jest.fn((): AdHocVariableFilter[] => [{ key: 'job', operator: '=', value: 'old' }]),
};

jest.mock('@grafana/runtime', () => ({ config: { buildInfo: { version: '12.4.0' } }, getTemplateSrv: () => service, getDataSourceSrv: () => ({}) }));

const environment = () => new Environment({} as LogApi, { uid: 'own', name: 'Own', jsonData: {} } as never);

test('ad hoc filters come with the request, before Grafana 10.3 from the template service, which must not complain in the console', () => {
  const given = [{ key: 'a', operator: '=', value: 'b' }];
  expect(environment().adHocFilters(given)).toEqual(given);
  expect(service.getAdhocFilters).not.toHaveBeenCalled();
  expect(environment().adHocFilters(undefined)).toEqual([{ key: 'job', operator: '=', value: 'old' }]);
  expect(service.getAdhocFilters).toHaveBeenCalledWith('Own', true);
  const scopes = [{ metadata: { name: 's' }, spec: { filters: [{ key: 'env', operator: 'equals', value: 'prod' }] } }] as unknown as Scope[];
  expect(environment().adHocFilters(given, scopes)).toEqual([expect.objectContaining({ key: 'env', operator: '=', value: 'prod' }), ...given]);
});

test('a panel opened in Explore: values and filters in the text, times left to Explore, and never a variable as its data source', () => {
  const query = { refId: 'A', expr: 'rate({host="$host"}[$__auto])', datasource: { type: 'binocle-logs-datasource', uid: '${logs}' } };
  expect(environment().interpolated(query, {}, [{ key: 'job', operator: '=', value: 'x' }])).toMatchObject({
    expr: 'rate({host="web1", job="x"}[$__auto])',
    datasource: { type: 'binocle-logs-datasource', uid: 'own' },
  });
});
