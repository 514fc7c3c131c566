declare module 'semver' {
  /** The parts this project uses of https://www.npmjs.com/package/semver. */
  const semver: {
    parse(version: string): { format(): string } | null;
    satisfies(version: string, range: string): boolean;
  };
  export default semver;
}
