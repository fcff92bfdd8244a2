declare const process: { argv: string[] }

export const argument = process.argv[2]

export function same(found: unknown, expected: unknown) {
  if (found !== expected) throw new Error(`${found} is not ${expected}`)
}
