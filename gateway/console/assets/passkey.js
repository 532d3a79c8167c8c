/* A form of a passkey holds the question; this asks the device, puts its answer into the form and sends it. */
(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const described = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const question = (told) => {
    const asked = { ...told, challenge: bytes(told.challenge) };
    if (told.user) asked.user = { ...told.user, id: bytes(told.user.id) };
    if (told.excludeCredentials) asked.excludeCredentials = described(told.excludeCredentials);
    if (told.allowCredentials) asked.allowCredentials = described(told.allowCredentials);
    return asked;
  };

  const answer = (made) => {
    const said = made.response;
    const response = { clientDataJSON: text(said.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (said[name]) response[name] = text(said[name]);
    }
    if (said.getTransports) response.transports = said.getTransports();
    return JSON.stringify({
      id: made.id,
      rawId: text(made.rawId),
      type: made.type,
      response,
      clientExtensionResults: made.getClientExtensionResults(),
    });
  };

  if (!window.PublicKeyCredential) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const fault = form.querySelector("[data-passkey-fault]");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      fault.hidden = true;
      try {
        const asked = { publicKey: question(JSON.parse(form.dataset.question)) };
        const device = navigator.credentials;
        const made = await (form.dataset.passkey === "add" ? device.create(asked) : device.get(asked));
        form.elements.namedItem("credential").value = answer(made);
        form.submit();
      } catch {
        fault.hidden = false;
      }
    });
  }
})();
