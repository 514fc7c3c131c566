/** Sums of products of two columns at every shift at once, by the fast Fourier transform; two pairs of columns at a time. */

export interface Transform {
  size: number;
  cos: Float64Array;
  sin: Float64Array;
  reversed: Uint32Array;
}

/** Spectra of two real columns. */
export interface SpectrumPair {
  first: Spectrum;
  second: Spectrum;
}

export interface Spectrum {
  re: Float64Array;
  im: Float64Array;
}

/** Tables for columns of `length` points and shifts up to `length` both ways. */
export function makeTransform(length: number): Transform {
  let bits = 1;
  while (1 << bits < 2 * length) {
    bits++;
  }
  const size = 1 << bits;
  const reversed = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    reversed[i] = (reversed[i >> 1] >> 1) | ((i & 1) << (bits - 1));
  }
  const table = (f: (angle: number) => number) => Float64Array.from({ length: size / 2 }, (_, i) => f((2 * Math.PI * i) / size));
  return { size, cos: table(Math.cos), sin: table(Math.sin), reversed };
}

/** Radix 2, in place, as in any textbook; `sign` -1 forward, 1 back (not divided by the size). */
function transform({ size, cos, sin, reversed }: Transform, re: Float64Array, im: Float64Array, sign: 1 | -1): void {
  for (let i = 0; i < size; i++) {
    const j = reversed[i];
    if (i < j) {
      const [r, m] = [re[i], im[i]];
      re[i] = re[j];
      im[i] = im[j];
      re[j] = r;
      im[j] = m;
    }
  }
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    for (let from = 0; from < size; from += 2 * half) {
      for (let k = 0; k < half; k++) {
        const wr = cos[k * stride];
        const wi = sign * sin[k * stride];
        const a = from + k;
        const b = a + half;
        const xr = re[b] * wr - im[b] * wi;
        const xi = re[b] * wi + im[b] * wr;
        re[b] = re[a] - xr;
        im[b] = im[a] - xi;
        re[a] += xr;
        im[a] += xi;
      }
    }
  }
}

/** Spectra of two columns by one transform: one goes in as the real, the other as the imaginary part. */
export function spectra(tables: Transform, first: Float64Array, second: Float64Array): SpectrumPair {
  const { size } = tables;
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  re.set(first);
  im.set(second);
  transform(tables, re, im, -1);
  const pair: SpectrumPair = {
    first: { re: new Float64Array(size), im: new Float64Array(size) },
    second: { re: new Float64Array(size), im: new Float64Array(size) },
  };
  for (let f = 0; f < size; f++) {
    const g = (size - f) % size;
    pair.first.re[f] = (re[f] + re[g]) / 2;
    pair.first.im[f] = (im[f] - im[g]) / 2;
    pair.second.re[f] = (im[f] + im[g]) / 2;
    pair.second.im[f] = (re[g] - re[f]) / 2;
  }
  return pair;
}

/**
 * For both pairs of columns: `sum over i of target[i] * series[i + shift]`. The value for a negative shift stands at `size + shift`.
 */
export function crossSums(tables: Transform, target: SpectrumPair, series: SpectrumPair): [Float64Array, Float64Array] {
  const { size } = tables;
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  const { first: a, second: b } = target;
  const { first: x, second: y } = series;
  for (let f = 0; f < size; f++) {
    const firstRe = a.re[f] * x.re[f] + a.im[f] * x.im[f];
    const firstIm = a.re[f] * x.im[f] - a.im[f] * x.re[f];
    const secondRe = b.re[f] * y.re[f] + b.im[f] * y.im[f];
    const secondIm = b.re[f] * y.im[f] - b.im[f] * y.re[f];
    re[f] = (firstRe - secondIm) / size;
    im[f] = (firstIm + secondRe) / size;
  }
  transform(tables, re, im, 1);
  return [re, im];
}
