package example;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** A service that accepts Latchkey's tokens: `GET /` answers the caller's user id. */
@SpringBootApplication
@RestController
class Application {

    public static void main(String[] arguments) {
        SpringApplication.run(Application.class, arguments);
    }

    @GetMapping("/")
    Map<String, Long> whoIsIt(@AuthenticationPrincipal Jwt token) {
        return Map.of("user_id", Long.valueOf(token.getSubject()));
    }
}
