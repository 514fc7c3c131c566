declare module 'unbzip2-stream' {
  /** A through stream that decompresses bzip2. */
  export default function unbzip2Stream(): NodeJS.ReadWriteStream;
}
