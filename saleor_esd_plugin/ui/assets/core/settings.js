// What the server wrote into the page: addresses, languages, how the shop looks.
export const settings = JSON.parse(document.documentElement.dataset.settings);

if (/^#[0-9a-f]{6}$/i.test(settings.accent)) {
  document.documentElement.style.setProperty("--accent", settings.accent);
}
