module.exports = {
  latchkey: {
    input: './openapi.json',
    output: { target: './generated.ts', client: 'fetch', baseUrl: { getBaseUrlFromSpecification: true } },
  },
}
