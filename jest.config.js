// force timezone to UTC to allow tests to work regardless of local timezone
process.env.TZ = 'UTC';

const base = require('./.config/jest.config');

module.exports = {
  ...base,
  // Libraries of other Grafana versions, installed by `npm run compat`.
  modulePathIgnorePatterns: ['<rootDir>/.compat/', '<rootDir>/tests/compat/'],
  // d3 ships .mjs files, so the scaffold's transform must take them too.
  transform: { '^.+\\.m?(t|j)sx?$': Object.values(base.transform)[0] },
};
