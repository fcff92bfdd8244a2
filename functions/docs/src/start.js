// Swagger UI over the document beside this page. It calls nobody else, and keeps nothing.
'use strict';

const dark = matchMedia('(prefers-color-scheme: dark)');
const followTheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', followTheme);
followTheme();

const ui = SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false,
  // `?url=` in a link would show somebody else's document under our address.
  queryConfigEnabled: false,
  tryItOutEnabled: true,
  // The public one is told the address of every document that it is shown.
  validatorUrl: null,
  // Relative to this page: the only host that it may call, by whatever name it was reached.
  onComplete: () => ui.oas3Actions.setSelectedServer('.'),
});
