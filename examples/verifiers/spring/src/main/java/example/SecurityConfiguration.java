package example;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtDecoderInitializationException;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.jwt.SupplierJwtDecoder;
import org.springframework.security.oauth2.server.resource.web.authentication.BearerTokenAuthenticationFilter;
import org.springframework.security.web.SecurityFilterChain;

/**
 * Accepts Latchkey's tokens. Needs Spring Security 6.5 or later, as `spring-boot-starter-oauth2-resource-server` brings
 * it. The caller's `users.id` is `Jwt.getSubject()`, also `Authentication.getName()`.
 */
@Configuration
class SecurityConfiguration {

    private static final Logger LOG = LoggerFactory.getLogger(SecurityConfiguration.class);

    /**
     * Finds the keys through the issuer's discovery document, at the first request: this service starts without Latchkey.
     * Keeps the keys for five minutes.
     */
    @Bean
    JwtDecoder latchkey(@Value("${latchkey.issuer}") String issuer, @Value("${latchkey.audience}") String audience) {
        return new SupplierJwtDecoder(() -> {
            // By default Spring accepts the algorithms of the keys that are published now, and no others later; and it
            // refuses `typ: at+jwt`, which the validator requires.
            NimbusJwtDecoder decoder = NimbusJwtDecoder.withIssuerLocation(issuer)
                .jwsAlgorithm(SignatureAlgorithm.ES256)
                .jwsAlgorithm(SignatureAlgorithm.RS256)
                .validateType(false)
                .build();
            // By default Spring accepts each audience.
            decoder.setJwtValidator(JwtValidators.createAtJwtValidator()
                .issuer(issuer)
                .audience(audience)
                // Any client: Latchkey doesn't authenticate them.
                .validators(checks -> checks.put("client_id", new JwtClaimValidator<>("client_id", Objects::nonNull)))
                .build());
            return decoder;
        });
    }

    @Bean
    SecurityFilterChain everyRouteNeedsAToken(HttpSecurity http) throws Exception {
        return http
            .authorizeHttpRequests(routes -> routes.anyRequest().authenticated())
            .oauth2ResourceServer(server -> server.jwt(Customizer.withDefaults()))
            // By default Spring starts a session for each request without a token.
            .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
            .addFilterBefore(SecurityConfiguration::answer503WithoutKeys, BearerTokenAuthenticationFilter.class)
            .build();
    }

    /** Answers 503 while the keys can't be fetched. By default Spring answers 401, as if the token were to blame. */
    private static void answer503WithoutKeys(ServletRequest request, ServletResponse response, FilterChain next)
            throws IOException, ServletException {
        try {
            next.doFilter(request, response);
        } catch (AuthenticationServiceException | JwtDecoderInitializationException error) {
            LOG.error("Latchkey's keys can't be fetched", error);
            ((HttpServletResponse) response).setStatus(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
        }
    }
}
